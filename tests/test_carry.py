"""State carried from chunk to chunk: the chunks' states are those of the whole, with the same gradients."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from seqpipe.batch import Padded
from seqpipe.encoder import States

CELLS = ["rnn", "cec", "lstm1997", "lstm", "peepholes", "gru"]


def batch(lengths: list[int]) -> Padded:
    values = torch.randint(-1, 4, (len(lengths), max(lengths)), generator=torch.Generator().manual_seed(8))
    return Padded(values, torch.tensor(lengths))


def in_chunks(encoder: Any, input: Padded, borders: list[int]) -> tuple[Tensor, Tensor]:
    """States `[B, T, H]` put together again, and what is carried in the end."""
    found, state = [], None
    for start, end in pairwise(borders):
        lengths = (input.lengths - start).clamp(0, end - start)
        states = encoder(Padded(input.values[:, start:end], lengths), state)
        found.append(states.values)
        state = states.carry
    assert state is not None
    return torch.cat(found, 1), state


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.sets(st.integers(1, 8)), st.booleans())
@pytest.mark.parametrize("cell", CELLS)
def test_chunks_are_the_whole(encoder_of: Any, cell: str, lengths: list[int], cuts: set[int], learned: bool) -> None:
    encoder = encoder_of(cell, initial_state="learned" if learned else "zero")
    input = batch(lengths)
    whole = encoder(input)
    values, carry = in_chunks(encoder, input, [0, *sorted(cut for cut in cuts if cut < max(lengths)), max(lengths)])
    torch.testing.assert_close(values[input.mask], whole.values[input.mask], rtol=0, atol=1e-12)
    torch.testing.assert_close(carry, whole.carry, rtol=0, atol=1e-12)
    assert carry.shape == (len(lengths), 2, 1 if cell in ("rnn", "gru") else 2, 3)
    torch.testing.assert_close(carry[:, -1, 0], whole.final, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_go_back_through_what_is_carried(encoder_of: Any, cell: str) -> None:
    encoder = encoder_of(cell)
    input = batch([7, 4, 7])

    def gradients(values: Tensor, carry: Tensor) -> list[Tensor]:
        loss = values[input.mask].square().sum() + carry.square().sum()
        return list(torch.autograd.grad(loss, list(encoder.parameters())))

    states = encoder(input)
    for mine, wanted in zip(
        gradients(*in_chunks(encoder, input, [0, 2, 5, 7])), gradients(states.values, states.carry), strict=True
    ):
        torch.testing.assert_close(mine, wanted, rtol=0, atol=1e-10)
    cut = encoder(input).carry.detach().requires_grad_()
    encoder(input, cut).values[input.mask].sum().backward()
    assert cut.grad is not None
    assert cut.grad.flatten(1).any(1).all()


@pytest.mark.parametrize("cell", CELLS)
def test_rows_of_what_is_carried_can_be_chosen(encoder_of: Any, cell: str) -> None:
    encoder, beams = encoder_of(cell), [2, 0, 0]
    state, input = encoder(batch([4, 2, 3])).carry, batch([2, 3, 1])
    wanted = [
        encoder(Padded(input.values[[row]], input.lengths[[row]]), state[[beam]]) for row, beam in enumerate(beams)
    ]
    chosen = encoder(input, state[beams])
    for row, one in enumerate(wanted):
        torch.testing.assert_close(chosen.final[[row]], one.final)


@pytest.mark.parametrize(("cell", "kernel"), [("rnn", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_a_kernel_runs_on_what_is_carried_as_in_torch(encoder_of: Any, cell: str, kernel: Any) -> None:
    encoder = encoder_of(cell).float()
    theirs = kernel(2, 3, 2, batch_first=True)
    with torch.no_grad():
        for depth, (module,) in enumerate(encoder.layers):
            for name, weight in module.named_parameters():
                getattr(theirs, f"{name[:-1]}{depth}").copy_(weight)
    input = batch([6, 6])
    _, state = theirs(encoder.embed(input))
    values, _ = theirs(encoder.embed(input), state)
    torch.testing.assert_close(encoder(input, encoder(input).carry).values, values, rtol=0, atol=1e-6)


def test_no_cell_runs_twice_where_all_sequences_are_of_one_length(encoder_of: Any) -> None:
    encoder = encoder_of("lstm")
    calls = []
    for module in encoder.modules():
        if isinstance(module, nn.LSTM):
            module.register_forward_hook(lambda *_: calls.append(1))
    states = encoder(batch([5, 5, 5]))
    assert states.carry.shape == (3, 2, 2, 3)
    assert len(calls) == 2
    assert encoder(batch([5, 3, 5])).carry.shape == (3, 2, 2, 3)
    assert len(calls) == 2 + 2 + 2 * 2


@pytest.mark.parametrize("cell", CELLS)
def test_a_bidirectional_encoder_refuses_a_state_and_has_none(encoder_of: Any, cell: str) -> None:
    encoder, input = encoder_of(cell, bidirectional=True), batch([4, 2])
    assert not encoder.causal(encoder.options)
    with pytest.raises(ValueError, match=r"^state: an encoder that looks ahead cannot go on from a state"):
        encoder(input, encoder_of(cell)(input).carry)
    with pytest.raises(ValueError, match=r"^carry: the encoder of these states is not causal"):
        _ = encoder(input).carry


def test_a_state_of_another_encoder_is_refused(encoder_of: Any) -> None:
    encoder, input = encoder_of("lstm"), batch([4, 2])
    for state in (
        encoder_of("gru")(input).carry,
        encoder_of("lstm", num_layers=1)(input).carry,
        encoder(batch([4])).carry,
    ):
        with pytest.raises(ValueError, match=r"but this encoder carries \(2, 2, 2, 3\) for this batch$"):
            encoder(input, state)


def test_states_of_any_encoder_may_have_nothing_to_carry() -> None:
    states = States(torch.zeros(1, 2, 3), torch.tensor([2]), torch.zeros(1, 3))
    with pytest.raises(ValueError, match="not causal"):
        _ = states.carry
