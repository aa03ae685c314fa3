"""Each check of an encoder finds the encoder that is broken in just that, and says where to look."""

from pathlib import Path

import pytest

from seqpipe.testing import check_encoder

BROKEN = Path(__file__).parent / "broken" / "broken_encoders.py"

CAUGHT = {
    "Undocumented": "no docstring in the class Undocumented; `seqpipe show encoder Undocumented` shows it",
    "Unexplained": "the option group.silent has no docstring under it",
    "Doubled": "its options are others when a run folder is read: Options(size=16), written were Options(size=8)",
    "Unreadable": "its options cannot be read back as a run folder writes them",
    "NotStates": "forward gives a Tensor, not seqpipe.States",
    "Narrow": "States.values is [4, 9, 4] where [4, 9 or more, 5] is due; see forward, and width",
    "Halved": "stride is 2, so that there are [3, 5, 1, 2] states, but States.lengths is [6, 9, 1, 4]",
    "Mixing": "record 0 has other states alone than in a batch",
    "LastOfAll": "record 0 has another States.final alone than in a batch",
    "CarriesPadding": "record 0 carries another state alone than in a batch",
    "Multiplying": "the states of record 0 depend on what stands behind its end",
    "LooksAhead": "`causal` says that it does not look ahead, but states before step 1 depend on what comes after",
    "Forgetful": "going on from step 1 by States.carry, its states are not those of one pass",
    "CarriesLittle": "going on from step 1, it carries another state in the end than after one pass",
    "NotOnward": "States has no `carried` or no `onward`",
    "OnwardElsewhere": "States.onward makes other states than forward does",
    "CarriesSecretly": "`causal` is not declared, but States has something `carried`",
    "TakesAnything": "`causal` is not declared, but forward takes a state",
    "CutsBadly": "record 0 in parts, cut at step 1: the states are not those of the whole; see within",
    "LosesTrack": "record 0 in parts, cut at step 1: what goes out of one part is not what comes into the other",
    "DoesNotListen": "record 0 in parts, cut at step 1: told what comes in, the other part has other states",
    "TracesOthers": "trace gives other states than forward does",
    "Idle": "the parameter idle.weight gets no gradient; use it in forward",
    "Steep": "the gradient of table.weight is not finite; see forward",
    "Contrary": "the loss of four records is",
    "Unsaved": "its states are others after save and load; what is learned must be a parameter, or a buffer",
}


def test_one_that_keeps_all_promises_passes() -> None:
    check_encoder("Sums", plugin=BROKEN)


@pytest.mark.parametrize("name", CAUGHT)
def test_one_that_breaks_a_promise_is_caught(name: str) -> None:
    options = {"size": 4} if name == "Doubled" else {}
    with pytest.raises(AssertionError) as caught:
        check_encoder(name, options, plugin=BROKEN)
    first = str(caught.value).splitlines()[0]
    assert first.startswith((f"encoder {name}: ", f"encoder {name} on "))
    assert CAUGHT[name] in first


def test_one_of_whose_input_there_is_no_example_needs_one() -> None:
    wanted = r"^encoder OfItsOwn: reads Mine, of which there is no example; give one as input=$"
    with pytest.raises(AssertionError, match=wanted):
        check_encoder("OfItsOwn", plugin=BROKEN)
