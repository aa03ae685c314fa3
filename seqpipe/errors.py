"""The one exception for what a user got wrong."""


class Mistake(Exception):
    """One or more mistakes of the user's, a line each: where (`file:line`), what, and what to do about it.

    The command line prints the lines without a traceback and exits with code 2.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
