"""Texts in sub-word units, by the library sentencepiece (extra `subwords`)."""

import base64
import importlib
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .codec import Encoded, Symbols
from .errors import Mistake

_LONGEST = 2**30
"""Bytes of a text; sentencepiece would leave out longer ones without a word, from 4,192 bytes if it is not told."""


def library() -> Any:
    """The library. Raises `ValueError`, naming the extra, where it is not installed."""
    try:
        return importlib.import_module("sentencepiece")
    except ModuleNotFoundError:
        raise ValueError("sub-words need sentencepiece; run: pip install 'seqpipe[subwords]'") from None


class Subwords(Symbols):
    """Texts as byte-pair units (Sennrich et al. 2016), `[T]` of numbers from 0, learned so that there are `size`.

    Every text has its numbers: a character never learned is taken byte by byte. White space at either end, and of
    blanks in a row all but one, are lost; the sign U+2581 counts as a blank. Raises `Mistake` where there is too little
    text for so many units.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.model = b""
        self.units: Any = None

    def fit(self, values: Iterable[Sequence[str]]) -> None:
        model = io.BytesIO()
        try:
            library().SentencePieceTrainer.train(
                sentence_iterator=map("".join, values),
                model_writer=model,
                model_type="bpe",
                vocab_size=self.size,
                character_coverage=1.0,
                max_sentence_length=_LONGEST,
                byte_fallback=True,
                normalization_rule_name="identity",
                bos_id=-1,
                eos_id=-1,
                num_threads=1,
                minloglevel=2,
            )
        except RuntimeError as error:
            what = " ".join(str(error).split()).rpartition("] ")[2].partition(" Increase")[0].rstrip(".")
            raise Mistake(f"reader.subwords: {self.size} units cannot be learned from this text: {what}") from None
        self._load(model.getvalue())

    def _load(self, model: bytes) -> None:
        self.model = model
        self.units = library().SentencePieceProcessor(model_proto=model)

    def encode(self, values: Sequence[Any]) -> Encoded:
        """`[T]` units of each text, or of each list of units as `sample` gives it."""
        if values and not isinstance(values[0], str):
            return Encoded([np.array(self.units.piece_to_id(list(value)), np.int64) for value in values])
        # A text of nothing but U+2581 would have no unit; what is not empty has a step.
        nothing = [self.units.unk_id()]
        found = zip(values, self.units.encode(list(values)), strict=True)
        return Encoded([np.array(row or nothing[: len(value)], np.int64) for value, row in found])

    def sample(self, texts: Sequence[str], dropout: float, seed: int) -> list[list[str]]:
        """Units of each text, cut by chance: each merge is left out so often (BPE-dropout, Provilkov et al. 2020)."""
        library().set_random_generator_seed(seed)
        found = self.units.encode(
            list(texts), out_type=str, enable_sampling=True, alpha=dropout, nbest_size=-1, num_threads=1
        )
        return [row or [self.units.id_to_piece(self.units.unk_id())] for row in found]

    def steps(self, values: Iterable[Any]) -> int:
        return sum(map(len, self.encode(list(values)).rows))

    def decode(self, numbers: Sequence[int]) -> Any:
        return self.units.decode(list(numbers)) if len(numbers) else ""

    def __len__(self) -> int:
        return len(self.units) if self.units is not None else 0

    def state(self) -> dict[str, Any]:
        return {"sentencepiece": base64.b64encode(self.model).decode("ascii")}

    def restore(self, state: dict[str, Any]) -> None:
        try:
            model = base64.b64decode(state["sentencepiece"], validate=True)
            if not model:
                raise ValueError("it is empty")
            self._load(model)
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"not a model of sentencepiece: {error}") from None
