"""Options of the sections of a pipeline file that no component owns: `data`, `windows` and `train`."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from .held_out import HeldOut
from .options import Options


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"no regular expression ({error})") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A regular expression."""


class Generated(Options):
    """What a data set that is generated is to be like; it is made when a run needs it, and kept in the cache."""

    length: int = Field(200, ge=2)
    """Steps from the first to the last of a sequence of `adding`, or of the wait of `copying`."""
    train: int = Field(20_000, ge=1)
    """Records to train on."""
    dev: int = Field(1_000, ge=1)
    """Records to choose the best epoch on."""
    test: int = Field(1_000, ge=1)
    """Records to report scores on."""
    seed: int = Field(1, ge=0)
    """Seed of its random numbers; the same seed gives the same records on every machine."""


class Where(Options):
    """Which records of its files are a split's: a regular expression that what the file says of a record must hold.

    That is the header of FASTA (and of its labels), or `column=cell` for each of a table's further columns.
    """

    train: Pattern = ""
    """Of the records to train on, such as `SET=train`."""
    dev: Pattern = ""
    """Of the records to choose the best epoch on."""
    test: Pattern = ""
    """Of the records to report scores on."""


class DataOptions(Options):
    """Where the records come from: files, or a data set by name. Paths are relative to the pipeline file."""

    dataset: str | None = None
    """Name of a data set that `seqpipe data` lists; it brings its own train, dev and test files."""
    generated: Generated | None = None
    """Length, number and seed of the records, for a data set that is generated; null for the defaults."""
    train: str | list[str] | None = None
    """Files to train on: a path, a glob, or a list of them."""
    dev: str | list[str] | None = None
    """Files to choose the best epoch on; without them the last epoch is kept."""
    test: str | list[str] | None = None
    """Files to report scores on, touched once, after training."""
    held_out: HeldOut = HeldOut()
    """What of the training records is dev or test instead, where there are no files for these."""
    where: Where = Where()
    """Which records of the files are a split's, where some serve several; held_out is of those of train."""
    limit: int | None = Field(None, ge=1)
    """Records to read of each split at most, for a first try; null for all."""

    def holds_out(self, split: str) -> bool:
        """Whether the training records are where this split is held out of."""
        return bool(getattr(self.held_out, split, None) or getattr(self.held_out.last, split, None))

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.dataset and (self.train or self.dev or self.test):
            raise ValueError("give either dataset or files (train, dev, test), not both")
        if not self.dataset and not self.train:
            raise ValueError("give train files, or a dataset by name")
        if self.generated and not self.dataset:
            raise ValueError("generated says how a data set is made; name one, or leave it out")
        for split, entries in self.held_out.splits():
            if self.holds_out(split) and getattr(self, split):
                option = f"held_out.{'' if entries else 'last.'}{split}"
                raise ValueError(f"give either {split} files or {option}, not both")
        return self


class WindowOptions(Options):
    """How long records with a label for each step go through the network: in windows, in memory that does not grow.

    Shorter records, and those of heads that do not label step by step, go whole.
    """

    size: int = Field(4096, ge=1)
    """Steps of a window; longer records are cut into windows of nearly equal length."""
    context: int = Field(256, ge=1)
    """Steps on both sides that are read with a window, but neither learned from nor labelled there."""
    stitch: Literal["exact", "overlap"] = "exact"
    """How windows are put together again to predict a record.

    exact: states are carried over the borders in both directions, which equals the whole record at once; where an
    encoder cannot, records go whole. overlap: by the context alone, with any encoder.
    """
    strands: Literal["one", "both"] = "one"
    """Whether the reverse complement goes through too, and labels follow from the mean of both strands' scores."""


class TrainOptions(Options):
    """How the network is trained."""

    epochs: int = Field(20, ge=1)
    """Passes over the training records."""
    tokens_per_batch: int | None = Field(1000, ge=1)
    """Steps in one batch, padding included; a longer record makes a batch of its own."""
    batch_size: int | None = Field(None, ge=1)
    """Records in one batch, instead of tokens_per_batch."""
    bptt: int | None = Field(None, ge=1)
    """Steps through which a gradient flows back; null for whole records.

    Longer records are learned in chunks of so many, the state carried from one to the next (truncated backpropagation
    through time, Williams & Peng 1990), as many side by side as batch_size, or tokens_per_batch / bptt. That needs an
    encoder which does not look ahead, and a head whose loss is a sum over steps.
    """
    accumulate: int = Field(1, ge=1)
    """Batches whose gradients are added up before each update of the weights."""
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019), or gradient descent with momentum 0.9."""
    learning_rate: float = Field(1e-3, gt=0)
    """Peak learning rate."""
    weight_decay: float = Field(0.0, ge=0)
    """Decay of the weights at each update."""
    schedule: Literal["constant", "linear", "cosine", "plateau"] = "constant"
    """After warm-up: stay, fall to 0 by a line or a cosine, or halve after 3 epochs without a better score."""
    warmup: float = Field(0.0, ge=0, lt=1)
    """Share of all updates during which the learning rate rises from 0."""
    clip_norm: float | None = Field(5.0, gt=0)
    """Scale the gradient down to this norm where it is larger (Pascanu et al. 2013); null for no clipping."""
    clip_value: float | None = Field(None, gt=0)
    """Cut each component of the gradient at this absolute value, instead of clip_norm."""
    average: float | None = Field(None, gt=0, lt=1)
    """Keep an exponential moving average of the weights with this decay per update, and use it to predict."""
    patience: int | None = Field(None, ge=1)
    """Stop after so many epochs in which the monitored score did not improve; null to run all epochs."""
    seed: int = Field(1, ge=0, lt=2**32)
    """Seed of every random number; the same seed gives the same weights twice on CPU."""
    accelerator: str = "auto"
    """Accelerator by pytorch-lightning's name: auto, cpu, gpu, tpu, mps, ..."""
    devices: int | list[int] | Literal["auto"] = "auto"
    """How many devices of the accelerator, or which; auto means one on CPU and all there are elsewhere."""
    num_nodes: int = Field(1, ge=1)
    """Machines to train on."""
    strategy: str = "auto"
    """Strategy for several devices by pytorch-lightning's name: auto, ddp, fsdp, ..."""
    precision: Literal["auto", "32-true", "16-mixed", "bf16-mixed"] = "auto"
    """Number format; auto is bf16-mixed on a GPU that has it and 32-true elsewhere."""

    @property
    def streams(self) -> int:
        """With `bptt`, how many pieces of records are learned from side by side."""
        return self.batch_size or max(1, (self.tokens_per_batch or 1) // (self.bptt or 1))

    @model_validator(mode="before")
    @classmethod
    def _one_instead_of_the_other(cls, given: Any) -> Any:
        """An option given takes the place of its counterpart's default, which the resolved file then has as null."""
        if not isinstance(given, dict):
            return given
        instead = {"batch_size": "tokens_per_batch", "clip_value": "clip_norm"}
        return {other: None for one, other in instead.items() if given.get(one) is not None} | given

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        wrong = []
        if self.batch_size and self.tokens_per_batch:
            wrong.append("give either batch_size or tokens_per_batch, not both")
        if not self.batch_size and not self.tokens_per_batch:
            wrong.append("give either batch_size or tokens_per_batch")
        if self.clip_value and self.clip_norm:
            wrong.append("give either clip_norm or clip_value, not both")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self
