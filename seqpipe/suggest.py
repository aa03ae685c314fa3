"""What a user may have meant by a name that is not there."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `name`; None where none does."""
    plain = {other.lower(): other for other in sorted(known, reverse=True)}
    return next((plain[near] for near in get_close_matches(name.lower(), plain, n=1)), None)


def suggest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or else all of them; empty without any."""
    names = sorted(known)
    near = nearest(name, names)
    if near is not None:
        return f"; did you mean '{near}'?"
    return f"; there are: {', '.join(names)}" if names else ""
