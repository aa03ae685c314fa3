"""From numbers to vectors: words by themselves and by how they are spelt, other symbols by themselves, frames."""

import logging
from typing import Annotated, Any, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from . import vectors
from .batch import Padded
from .codec import Codec, Words
from .errors import Mistake
from .frames import Frames
from .letter_embed import KmerEmbed, LetterEmbed
from .letters import Letters
from .options import InputFile, Options

log = logging.getLogger("seqpipe")


class EmbedOptions(Options):
    """What is known of a word before its neighbours are looked at. Sizes of 0 leave a part out."""

    size: int = Field(default=100, ge=0)
    """Numbers in a word's (or other symbol's) own vector; with `vectors`, as many as theirs.

    Of frames, numbers that a linear map makes of each; with 0 they are taken as they are. Of letters of DNA, RNA and
    proteins, numbers in the vector of each base or residue; with 0 they are one-hot, ambiguity codes as fractions.
    """
    kmer: int = Field(default=1, ge=1)
    """Of letters of DNA, RNA and proteins, how many side by side have a vector together, centred at each letter."""
    vectors: InputFile | None = None
    """Initial word vectors: a word2vec or GloVe text file, or `spacy:NAME` for those of a spaCy pipeline."""
    freeze: bool = False
    """Whether initial word vectors stay as they are."""
    letters: int = Field(default=30, ge=0)
    """Numbers in the vector of a letter."""
    letter_encoder: Literal["cnn", "lstm"] = "cnn"
    """How a word's letters are read: convolution and maximum (Ma & Hovy 2016), or both ways (Lample et al. 2016)."""
    letter_filters: int = Field(default=50, ge=1)
    """Filters of each width, or LSTM units a direction."""
    letter_widths: list[Annotated[int, Field(ge=1)]] = Field(default=[3], min_length=1)
    """Letters that a filter sees at once."""
    affixes: int = Field(default=0, ge=0)
    """Numbers in the vector of each prefix and suffix of 1 to 4 letters."""
    shape: int = Field(default=0, ge=0)
    """Numbers in the vector of the pattern of capitals, small letters and digits."""
    word_dropout: float = Field(default=0.25, ge=0)
    """In training a word seen n times is unknown with probability a / (a + n) (Kiperwasser & Goldberg 2016); this a."""

    @model_validator(mode="after")
    def _something_left(self) -> Self:
        if not (self.size or self.letters or self.affixes or self.shape):
            raise ValueError("nothing is left to know a word by; give size, letters, affixes or shape a value above 0")
        if self.kmer > 1 and not self.size:
            raise ValueError("k-mers are known by vectors of their own; give size a value above 0, or leave kmer out")
        if self.vectors and not self.size:
            raise ValueError("vectors are a word's own; give size a value above 0, or leave vectors out")
        return self


class WordEmbed(nn.Module):
    """Vectors of words, made once for each distinct word of a batch."""

    def __init__(self, options: EmbedOptions, codec: Words) -> None:
        super().__init__()
        self.parts = nn.ModuleDict()
        if options.size:
            self.parts["word"] = _Word(options, codec)
        if options.affixes:
            self.parts["affixes"] = _Affixes(len(codec.counts["affixes"]) + 1, options.affixes)
        if options.shape:
            self.parts["shape"] = nn.Embedding(len(codec.counts["shapes"]) + 1, options.shape)
        if options.letters:
            kind = _LetterCnn if options.letter_encoder == "cnn" else _LetterLstm
            self.parts["letters"] = kind(len(codec.counts["letters"]) + 2, options)
        with torch.no_grad():
            one = codec.forms(["word"])
            self.width = self(Padded(torch.zeros(1, 1, dtype=torch.long), torch.ones(1), _tensors(one))).shape[2]

    def begin(self) -> None:
        """Take over pretrained vectors. Raises `Mistake` where they cannot be read or have another size."""
        if "word" in self.parts:
            self.parts["word"].begin()  # type: ignore[operator]

    def forward(self, input: Padded) -> Tensor:
        """`[B, T, E]`"""
        assert input.forms is not None
        distinct = torch.cat([part(getattr(input.forms, name)) for name, part in self.parts.items()], 1)
        return nn.functional.embedding(input.values, distinct)


class _Word(nn.Module):
    drop: Tensor

    def __init__(self, options: EmbedOptions, codec: Words) -> None:
        super().__init__()
        self.source = options.vectors
        self.number = codec.number["words"]
        self.table = nn.Embedding(len(codec), options.size)
        nn.init.uniform_(self.table.weight, -((3 / options.size) ** 0.5), (3 / options.size) ** 0.5)
        self.table.weight.requires_grad_(not (options.freeze and options.vectors))
        counts = torch.tensor([0, *codec.counts["words"].values()], dtype=torch.float)
        drop = (
            options.word_dropout / (options.word_dropout + counts) if options.word_dropout else torch.zeros(len(codec))
        )
        self.register_buffer("drop", drop, persistent=False)

    def begin(self) -> None:
        if self.source is None:
            return
        initial = vectors.load(self.source, set(self.number))
        size = self.table.embedding_dim
        found = {len(vector) for vector in initial.values()} - {size}
        if found:
            raise Mistake(f"{self.source}: vectors of {found.pop()} numbers; set encoder.embed.size so, not {size}")
        log.info("%s: vectors for %d of %d words", self.source, len(initial), len(self.number))
        with torch.no_grad():
            for word, vector in initial.items():
                self.table.weight[self.number[word]] = torch.from_numpy(vector)

    def forward(self, word: Tensor) -> Tensor:
        if self.training:
            word = word.masked_fill(torch.rand(len(word), device=word.device) < self.drop[word], 0)
        found: Tensor = self.table(word)
        return found


class _Affixes(nn.Embedding):
    def forward(self, affixes: Tensor) -> Tensor:
        return super().forward(affixes).flatten(1)


class _LetterCnn(nn.Module):
    def __init__(self, count: int, options: EmbedOptions) -> None:
        super().__init__()
        self.table = nn.Embedding(count, options.letters, padding_idx=0)
        self.widths = options.letter_widths
        self.convolutions = nn.ModuleList(
            nn.Conv1d(options.letters, options.letter_filters, width, padding=width - 1) for width in self.widths
        )

    def forward(self, letters: Tensor) -> Tensor:
        """`[N, L]` -> `[N, filters * widths]`"""
        vectors = self.table(letters).transpose(1, 2)
        lengths = (letters > 0).sum(1, keepdim=True)
        found = []
        for width, convolution in zip(self.widths, self.convolutions, strict=True):
            steps = convolution(vectors)
            past = torch.arange(steps.shape[2], device=letters.device) >= lengths + width - 1
            found.append(steps.masked_fill(past[:, None], -torch.inf).amax(2))
        return torch.cat(found, 1).relu()


class _LetterLstm(nn.Module):
    def __init__(self, count: int, options: EmbedOptions) -> None:
        super().__init__()
        self.table = nn.Embedding(count, options.letters, padding_idx=0)
        self.lstm = nn.LSTM(options.letters, options.letter_filters, bidirectional=True, batch_first=True)

    def forward(self, letters: Tensor) -> Tensor:
        """`[N, L]` -> `[N, 2 * units]`, the last state of each direction"""
        lengths = (letters > 0).sum(1).clamp(min=1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(self.table(letters), lengths, True, enforce_sorted=False)
        last: Tensor = self.lstm(packed)[1][0]
        return last.transpose(0, 1).flatten(1)


class SymbolEmbed(nn.Module):
    """Vectors of symbols; a symbol never learned has a vector of its own."""

    def begin(self) -> None:
        """Nothing: symbols have no pretrained vectors."""

    def __init__(self, options: EmbedOptions, codec: Codec) -> None:
        super().__init__()
        self.width = options.size
        self.table = nn.Embedding(len(codec) + 1, options.size)

    def forward(self, input: Padded) -> Tensor:
        """`[B, T, E]`"""
        found: Tensor = self.table(input.values + 1)
        return found


class FrameEmbed(nn.Module):
    """Frames by a linear map, or as they are."""

    def begin(self) -> None:
        """Nothing: frames have no pretrained vectors."""

    def __init__(self, options: EmbedOptions, codec: Frames) -> None:
        super().__init__()
        self.width = options.size or len(codec)
        self.map = nn.Linear(len(codec), options.size) if options.size else nn.Identity()

    def forward(self, input: Padded) -> Tensor:
        """`[B, T, E]`"""
        found: Tensor = self.map(input.values)
        return found


def embedding(options: EmbedOptions, codec: Codec) -> WordEmbed | SymbolEmbed | FrameEmbed | LetterEmbed | KmerEmbed:
    """The module that turns this codec's numbers into vectors; its `width` is E.

    Only words have a spelling and initial vectors: options for these have no meaning for other symbols, letters and
    frames.

    Raises `Mistake` where the options leave nothing to know a symbol by.
    """
    if isinstance(codec, Words):
        return WordEmbed(options, codec)
    if isinstance(codec, Frames):
        return FrameEmbed(options, codec)
    if isinstance(codec, Letters):
        return LetterEmbed(options.size, codec) if options.kmer == 1 else KmerEmbed(options.size, options.kmer, codec)
    if not options.size:
        raise Mistake("embed.size: symbols that are not words have nothing but their own vector; give a size above 0")
    return SymbolEmbed(options, codec)


def _tensors(forms: Any) -> Any:
    return type(forms)(*(torch.from_numpy(part) for part in forms))
