"""Precision, recall and F1 from counts."""


def rates(right: int, guess: int, gold: int) -> dict[str, float]:
    """Of things found, of which some are right, and of the true ones; 0 where there is nothing to divide by."""
    precision, recall = share(right, guess), share(right, gold)
    return {"precision": precision, "recall": recall, "f1": share(2 * precision * recall, precision + recall)}


def share(part: float, whole: float) -> float:
    """A part of a whole; 0 where there is nothing."""
    return part / whole if whole else 0.0
