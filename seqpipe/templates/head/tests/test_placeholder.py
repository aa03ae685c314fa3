import torch
from seqpipe_placeholder.placeholder import PlaceholderHead

import seqpipe
from seqpipe.testing import check_head


def test_it_keeps_what_heads_promise():
    check_head("placeholder")
    check_head("placeholder", {"smoothing": 0.1})


def test_the_loss_is_minus_the_log_of_the_label_s_probability():
    labels = seqpipe.Label()
    labels.fit(["no", "yes"])
    head = PlaceholderHead(PlaceholderHead.Options(), 3, labels).eval()
    values, lengths = torch.randn(2, 4, 3), torch.tensor([4, 2])
    states = seqpipe.States(values, lengths, values[:, 0])
    loss = head.loss(states, seqpipe.Padded(torch.tensor([1, 0]), torch.tensor([1, 1])))
    for row, (length, label) in enumerate([(4, 1), (2, 0)]):
        chances = head.vote(values[row, :length].mean(0)).softmax(0)
        torch.testing.assert_close(loss[row], -chances[label].log())
