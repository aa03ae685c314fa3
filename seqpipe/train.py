"""Training by pytorch-lightning; the only module that imports it."""

import json
import logging
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from itertools import cycle, islice
from pathlib import Path
from pickle import UnpicklingError
from random import Random
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import ModelCheckpoint, TQDMProgressBar
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, Sampler
from tqdm.contrib.logging import logging_redirect_tqdm

from . import artifact
from .aside import aside
from .batch import Batch, by_length
from .chunks import Chunk, in_chunks
from .clipping import Clipping
from .errors import Mistake
from .evaluate import evaluate, measure
from .model import Model
from .reader import Reader, Record
from .settings import TrainOptions
from .training_records import TrainingRecords

log = logging.getLogger("seqpipe")


class _Batches(Sampler[list[int] | Chunk]):
    """Which records share a batch, anew for each epoch; several processes take turns in one and the same order."""

    def __init__(self, training: "Training") -> None:
        self.training = training
        self.lengths = training.records.lengths
        self.options = training.options
        self.processes = training.trainer.world_size
        self.turn = slice(training.global_rank, None, self.processes)

    def order(self) -> Sequence[list[int] | Chunk]:
        """All batches of this epoch; so many that every process gets as many as the others."""
        shuffle = np.random.default_rng((self.options.seed, self.training.current_epoch))
        if self.options.bptt:
            return list(in_chunks(self.lengths, self.options.bptt, self.options.streams, self.processes, shuffle))
        batches = list(by_length(self.lengths, self.options.tokens_per_batch, self.options.batch_size, shuffle))
        even = math.ceil(len(batches) / self.processes) * self.processes
        return list(islice(cycle(batches), even))

    def __iter__(self) -> Iterator[list[int] | Chunk]:
        # Lightning makes the iterator of a resumed run before it knows the epoch; by the first batch it does.
        chance = Random(f"{self.options.seed} {self.training.current_epoch}")
        self.training.records.vary(chance, chunked=bool(self.options.bptt))
        yield from self.order()[self.turn]

    def __len__(self) -> int:
        return len(self.order()[self.turn])


class Training(pl.LightningModule):
    """Fits a model to records; keeps the weights of the epoch whose dev score was best in the run folder."""

    def __init__(
        self,
        model: Model,
        reader: Reader,
        train: Sequence[Record],
        dev: Sequence[Record],
        options: TrainOptions,
        out: Path,
    ) -> None:
        super().__init__()
        self.model = model
        self.average = nn.Module()
        if options.average:
            self.average = deepcopy(model).requires_grad_(False)
        self.reader, self.records, self.dev = reader, TrainingRecords(reader, train), dev
        self.options, self.out = options, out
        self.epochs: list[dict[str, Any]] = []
        self.monitor, direction = model.head.monitor if dev else ("loss", "min")
        self._sign = -1 if direction == "max" else 1

    @property
    def best_guess(self) -> Model:
        """The network to predict with: the averaged one where there is one."""
        return self.average if isinstance(self.average, Model) else self.model

    def train_dataloader(self) -> DataLoader[Batch]:
        # A generator of its own, or making an iterator would take a number from the one that dropout draws from.
        return DataLoader(
            self.records,
            batch_size=None,
            sampler=_Batches(self),
            collate_fn=lambda batch: batch,
            generator=torch.Generator(),
        )

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return batch.to(device)

    def on_train_start(self) -> None:
        self._stop_early()

    def on_train_epoch_start(self) -> None:
        # A seed for each epoch makes a resumed run the same as one never stopped.
        torch.manual_seed(self.options.seed * 1_000_003 + self.current_epoch)
        self.started = time.perf_counter()
        self.summed, self.steps, self.read = torch.zeros((), device=self.device, dtype=torch.float64), 0, 0
        self.clipping = Clipping(self.options.clip_norm, self.options.clip_value)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        steps = _steps(batch)
        loss = self.model.loss(batch).sum() / steps
        self.summed += loss.detach() * steps
        self.steps += steps
        self.read += int(batch.input.lengths.sum())
        self.log("loss", loss.detach(), prog_bar=True, batch_size=steps)
        return loss

    def configure_gradient_clipping(self, optimizer: Any, *args: Any, **kwargs: Any) -> None:
        """Lightning would clip in the same way, but throw away the norm; where weights are in shards it has its own."""
        if isinstance(self.trainer.strategy, DDPStrategy | SingleDeviceStrategy):
            self.clipping(self.trainer.precision_plugin.main_params(optimizer))
        else:
            super().configure_gradient_clipping(optimizer, *args, **kwargs)

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        super().optimizer_step(*args, **kwargs)
        if isinstance(self.average, Model):
            # While few steps are done, the average forgets fast enough to leave the random beginning behind.
            done = self.trainer.global_step
            decay = min(self.options.average or 0, (1 + done) / (10 + done))
            with torch.no_grad():
                torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)

    def on_train_epoch_end(self) -> None:
        """Score the dev records, keep the weights if they are the best so far, and write the epoch down."""
        seconds = time.perf_counter() - self.started
        loss = float(self.summed) / max(self.steps, 1)
        if not math.isfinite(loss):
            advice = "lower train.learning_rate or set train.clip_norm"
            raise Mistake(f"train: the loss of epoch {self.current_epoch + 1} is {loss}; {advice}")
        scores = self._scores() if self.dev else {"loss": loss}
        self.model.train()
        value = scores[self.monitor]
        self.epochs.append(
            {"epoch": self.current_epoch + 1, "loss": loss, "dev": scores if self.dev else None, "seconds": seconds}
            | {"tokens_per_second": self.read / max(seconds, 1e-9)}
            | ({"gradient": self.clipping.summary()} if self.clipping.norms else {})
        )
        if self.dev:
            self.log(f"dev_{self.monitor}", value, prog_bar=True)
        if self.trainer.is_global_zero:
            artifact.write(self.out / artifact.EPOCHS, "".join(json.dumps(line) + "\n" for line in self.epochs))
            if not self.dev or self.best["epoch"] == self.current_epoch + 1:
                artifact.save_weights(self.best_guess, self.out)
            log.info("%s", self._line(value, loss, seconds))

        self._stop_early()

    def _scores(self) -> dict[str, Any]:
        """Of the dev records; where the loss alone decides, nothing is predicted."""
        if self.monitor == "loss":
            return measure(self.best_guess, self.reader, self.dev)
        return evaluate(self.best_guess, self.reader, self.dev).scores

    def _stop_early(self) -> None:
        """Stop after enough epochs without a better score; a resumed run may be one that had stopped already."""
        if self.options.patience and self.dev and self.epochs:
            self.trainer.should_stop = len(self.epochs) - self.best["epoch"] >= self.options.patience

    @property
    def best(self) -> dict[str, Any]:
        """The first epoch with the best monitored score."""
        return min(self.epochs, key=lambda epoch: self._sign * (epoch["dev"] or epoch)[self.monitor])

    def _line(self, value: float, loss: float, seconds: float) -> str:
        done, left = len(self.epochs), self.options.epochs - len(self.epochs)
        minutes = left * sum(epoch["seconds"] for epoch in self.epochs) / done / 60
        dev = f"dev {self.monitor} {value:.4f}  " if self.dev else ""
        return (
            f"epoch {done}/{self.options.epochs}  loss {loss:.4f}  {dev}{seconds:.1f} s, at most {minutes:.1f} min left"
        )

    def configure_optimizers(self) -> Any:
        options = self.options
        # Lightning clips gradients of mixed precision with the unfused form only.
        fused = {"fused": "mixed" not in _precision(options)}
        kinds: dict[str, tuple[Callable[..., torch.optim.Optimizer], dict[str, Any]]] = {
            "adam": (torch.optim.Adam, fused),
            "adamw": (torch.optim.AdamW, fused),
            "sgd": (torch.optim.SGD, {"momentum": 0.9}),
        }
        kind, more = kinds[options.optimizer]
        weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        optimizer = kind(weights, lr=options.learning_rate, weight_decay=options.weight_decay, **more)
        total = int(self.trainer.estimated_stepping_batches)
        rise = round(options.warmup * total)
        scale = LambdaLR(optimizer, lambda step: _scale(options.schedule, step, rise, total) * 0.5 ** self._halvings())
        return [optimizer], [{"scheduler": scale, "interval": "step"}]

    def _halvings(self) -> int:
        """How often the learning rate is halved by now; read off the epochs, so that a resumed run knows it too."""
        if self.options.schedule != "plateau":
            return 0
        halvings, best, waited = 0, math.inf, 0
        for epoch in self.epochs:
            value = self._sign * (epoch["dev"] or epoch)[self.monitor]
            waited = 0 if value < best else waited + 1
            best = min(best, value)
            if waited > 2:
                halvings, waited = halvings + 1, 0
        return halvings

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["epochs"] = self.epochs

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.epochs = checkpoint["epochs"]


def _steps(batch: Batch) -> int:
    # Targets may be empty, all of a batch.
    return max(int((batch.target or batch.input).lengths.sum()), 1)


def _scale(schedule: str, step: int, rise: int, total: int) -> float:
    """Share of the peak learning rate at an update."""
    if step < rise:
        return (step + 1) / (rise + 1)
    done = (step - rise) / max(total - rise, 1)
    return {"constant": 1.0, "plateau": 1.0, "linear": 1 - done, "cosine": (1 + math.cos(math.pi * min(done, 1))) / 2}[
        schedule
    ]


def trainer(options: TrainOptions, out: Path) -> pl.Trainer:
    """Lightning's trainer for these options; it keeps what `--resume` needs in the folder `out`.

    Raises `Mistake` where the options ask for what this machine or Lightning does not have.
    """
    made = _trainer(options, options.strategy, out)
    if options.bptt and options.strategy in ("auto", "ddp") and isinstance(made.strategy, DDPStrategy):
        # A learned beginning has no part in a chunk that goes on, so that there is no gradient of it to wait for.
        return _trainer(options, "ddp_find_unused_parameters_true", out)
    return made


def _trainer(options: TrainOptions, strategy: str, out: Path) -> pl.Trainer:
    bar = [TQDMProgressBar(leave=False)] if sys.stderr.isatty() else []
    checkpoint = ModelCheckpoint(out, "resume", save_on_train_epoch_end=True, enable_version_counter=False)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    try:
        with _quiet():
            return pl.Trainer(
                accelerator=options.accelerator,
                devices=options.devices,
                num_nodes=options.num_nodes,
                strategy=strategy,
                precision=_precision(options),
                max_epochs=options.epochs,
                accumulate_grad_batches=options.accumulate,
                gradient_clip_val=options.clip_value or options.clip_norm,
                gradient_clip_algorithm="value" if options.clip_value else "norm",
                callbacks=[checkpoint, *bar],
                plugins=[_AsideIO()],
                enable_progress_bar=bool(bar),
                enable_model_summary=False,
                logger=False,
                use_distributed_sampler=False,
            )
    except (MisconfigurationException, ValueError, TypeError, RuntimeError, ImportError) as error:
        what = " ".join(str(error).split())
        raise Mistake(f"train: {what}; see accelerator, devices, strategy, precision") from None


def fit(trainer: pl.Trainer, training: Training, resume: bool) -> bool:
    """Train to the end, from the last finished epoch where `resume` says so and there is one.

    Returns whether this process is the one that has the last word: false in all but one of several.
    """
    checkpoint = training.out / artifact.RESUME
    with _quiet(), logging_redirect_tqdm() if trainer.progress_bar_callback else nullcontext():
        try:
            trainer.fit(training, ckpt_path=checkpoint if resume and checkpoint.exists() else None, weights_only=True)
        except (UnpicklingError, EOFError, KeyError, RuntimeError) as error:
            if training.epochs or not resume:
                raise
            what = " ".join(str(error).split())[:100]
            raise Mistake(f"{checkpoint}: damaged ({what}); delete it to begin anew") from None
        except SystemExit:
            # Lightning ends so on Ctrl-C and on SIGTERM, with codes that say nothing of it.
            log.warning("%s: stopped; `--resume` goes on from the last finished epoch", training.out)
            raise SystemExit(143 if trainer.received_sigterm else 130) from None
    return trainer.is_global_zero


class _AsideIO(TorchCheckpointIO):
    """Lightning moves a checkpoint into place from the system's temporary folder, which is a copy across devices."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        with aside(Path(path)) as part:
            torch.save(checkpoint, part)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Lightning's hints on things that are as they are meant to be."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pytorch_lightning|lightning_fabric")
        warnings.filterwarnings("ignore", "find_unused_parameters=True was specified")
        yield


def _precision(options: TrainOptions) -> Any:
    if options.precision != "auto":
        return options.precision
    gpu = options.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()
    return "bf16-mixed" if gpu and torch.cuda.is_bf16_supported() else "32-true"
