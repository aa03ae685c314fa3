"""Texts in sub-word units, by the library sentencepiece (extra `subwords`)."""

import base64
import binascii
import importlib
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .codec import Encoded, Symbols
from .errors import Mistake


def library() -> Any:
    """The library. Raises `ValueError`, naming the extra, where it is not installed."""
    try:
        return importlib.import_module("sentencepiece")
    except ModuleNotFoundError:
        raise ValueError("sub-words need sentencepiece; run: pip install 'seqpipe[subwords]'") from None


class Subwords(Symbols):
    """Texts as byte-pair units (Sennrich et al. 2016), `[T]` of numbers from 0, learned so that there are `size`.

    Every text has its numbers: a character never learned is taken byte by byte. White space at either end, and of
    blanks in a row all but one, are lost. Raises `Mistake` where there is too little text for so many units.
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
        return Encoded([np.array(row, np.int64) for row in self.units.encode(list(values))])

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
            self._load(base64.b64decode(state["sentencepiece"], validate=True))
        except (binascii.Error, RuntimeError) as error:
            raise ValueError(f"not a model of sentencepiece: {error}") from None
