"""Data sets of text: plain, to learn the next symbol of, and translated."""

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

tatoeba_en_fr = Dataset(
    name="tatoeba_en_fr",
    description="142,787 English sentences in French (no split: data.held_out goes by the English sentence)",
    licence="CC BY 2.0 (attribution: manythings.org/anki and tatoeba.org)",
    citation="The sentences of Tatoeba (tatoeba.org), as paired by manythings.org/anki on 2017-09-29.",
    homepage="https://www.manythings.org/anki/",
    splits={
        "train": (
            File(
                "fra.tsv",
                10009515,
                "2546838ae46e0eac4c02ab7032ea0a02a006074a5340077a36a9444f41e02888",
                url=github("genimind/seq2seq", "4f3f8eb0adde54fcc8b89394336b002e7961244c", "fra-eng.zip"),
                member="fra.txt",
                archive_sha256="16c4f7d0df9e7c5e6c54cdb0447f3f4a18a55052ff5e2e0b27dd4a06c0e49d04",
            ),
        ),
    },
)
