import torch
from seqpipe_placeholder.placeholder import PlaceholderEncoder

import seqpipe
from seqpipe.testing import check_encoder


def test_it_keeps_what_encoders_promise():
    check_encoder("placeholder", {"hidden_size": 6, "embed": {"size": 4}})


def test_states_are_those_of_the_formula():
    codec = seqpipe.Symbols()
    codec.fit(["ab"])
    options = PlaceholderEncoder.Options(hidden_size=3, embed=seqpipe.EmbedOptions(size=2))
    encoder = PlaceholderEncoder(options, codec)
    input = seqpipe.Padded(torch.tensor([[0, 1, 1]]), torch.tensor([3]))
    kept, state = encoder.rate.sigmoid(), torch.zeros(3)
    for step, vector in enumerate(encoder.embed(input)[0]):
        state = kept * state + (1 - kept) * encoder.map(vector).tanh()
        torch.testing.assert_close(encoder(input).values[0, step], state)
