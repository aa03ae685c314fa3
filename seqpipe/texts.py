"""Data sets of plain text, to learn the next symbol of."""

from .datasets import Dataset, File, github

shakespeare = Dataset(
    name="shakespeare",
    description="scenes of Shakespeare's plays, 1,115,394 characters, 65 distinct (no split: data.held_out.last)",
    licence="public domain; prepared under MIT",
    citation="Andrej Karpathy (2015): The Unreasonable Effectiveness of Recurrent Neural Networks. Blog and char-rnn.",
    homepage="https://github.com/karpathy/char-rnn",
    splits={
        "train": (
            File(
                name="input.txt",
                bytes=1115394,
                sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
                url=github(
                    "karpathy/char-rnn",
                    "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e",
                    "data/tinyshakespeare/input.txt",
                ),
            ),
        ),
    },
    folder="tinyshakespeare",
)
