"""Each check of a head finds the head that is broken in just that, and says where to look."""

from pathlib import Path

import pytest

from seqpipe.testing import check_head

BROKEN = Path(__file__).parent / "broken" / "broken_heads.py"

CAUGHT = {
    "OneLoss": "loss gives [] where [4] is due: a number a record, the sum over its steps",
    "Infinite": "which is not finite",
    "Detached": "no gradient flows back from the loss",
    "Bare": "predict does not give a list of 4 seqpipe.Prediction, one a record",
    "Tensors": "a tensor leaves the head in a Prediction",
    "Percent": "confidences are probabilities, from 0 to 1, and these are not",
    "WorstFirst": "the first alternative is none, but the prediction is",
    "Short": "`aligned` is declared, but a record of 6 steps is predicted 5 targets",
    "Unsure": "5 confidences for a value of 6; give one, or one for each step",
    "Idle": "the parameter idle.weight gets no gradient; use it in loss",
    "Contrary": "does loss give what is to be made small?",
    "Peeking": "predictions are others where targets are at hand",
    "MixedLoss": "record 0 has the loss",
    "MixedPredictions": "record 0 is predicted",
    "SoiledLoss": "loss depends on what stands behind a sequence's end",
    "SoiledSlopes": "gradients depend on what stands behind a sequence's end",
    "SoiledPredictions": "predictions depend on what stands behind a sequence's end",
    "Unknowing": "a target of -1, never seen in training, makes loss or gradient infinite",
    "AllSteps": "it cannot do with half as many states as steps; declare `aligned`",
    "LossOfCarry": "its loss depends on what only causal encoders carry; declare `causal`",
    "PredictionOfCarry": "its predictions depend on what only causal encoders carry; declare `causal`",
    "Together": "the emissions of a step depend on the states of others",
    "DecodesOtherwise": "decode makes other predictions of emissions than predict does of the states",
    "DecodesLongOtherwise": "decode_long makes another prediction of emissions than decode does",
    "LosesLongOtherwise": "loss_long gives another loss of emissions than loss does of the states",
    "ByLength": "in chunks; `stepwise` says that they are the same",
    "Silent": "`continues` is declared, but an input of no steps has no prediction",
    "Unscored": "`monitor` names 'f1', for which score gives None; the best epoch is chosen by it",
    "WrongWay": "`monitor` says min for 'accuracy', but true targets score 1.0, and predictions 0.5",
    "Unsaved": "are others after save and load; what is learned must be a parameter, or a buffer",
}


@pytest.mark.parametrize("name", ["Votes", "Tags"])
def test_one_that_keeps_all_promises_passes(name: str) -> None:
    check_head(name, plugin=BROKEN)


@pytest.mark.parametrize("name", CAUGHT)
def test_one_that_breaks_a_promise_is_caught(name: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_head(name, plugin=BROKEN)
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"head {name} on ")
    assert CAUGHT[name] in first


def test_one_of_whose_target_there_is_no_example_needs_one() -> None:
    wanted = r"^head OfItsOwn: learns Mine, of which there is no example; give one as input= or target=$"
    with pytest.raises(AssertionError, match=wanted):
        check_head("OfItsOwn", plugin=BROKEN)
