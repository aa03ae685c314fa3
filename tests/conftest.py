"""A small task that is learned in a second: a word's tag follows from its spelling and from the word before it."""

import importlib
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from seqpipe import plugins

TINY = """\
reader: {type: conll}
data: {train: train.conll, dev: dev.conll, test: test.conll}
encoder:
  type: bilstm
  hidden_size: 16
  dropout: 0.2
  embed: {size: 12, letters: 6, letter_filters: 8, affixes: 4, shape: 3}
head: {type: tagger}
train: {epochs: 6, tokens_per_batch: 200, learning_rate: 1e-2, seed: 3}
"""


def sentences(count: int, seed: int) -> str:
    """CoNLL text: names with and without a family name, towns after `in`, and words in between."""
    chance = random.Random(seed)
    lines = []
    for _ in range(count):
        for _ in range(chance.randint(1, 4)):
            lines += [f"{word} O" for word in chance.sample(["the", "old", "boat", "sings", "slowly", ","], 2)]
            if chance.random() < 0.5:
                lines.append(f"{chance.choice(['Ada', 'Bo', 'Cyd', 'Dot'])} B-person")
                if chance.random() < 0.5:
                    lines.append(f"{chance.choice(['Marsh', 'Pike', 'Crake'])} I-person")
            else:
                lines += ["in O", f"{chance.choice(['Vell', 'Ostrey', 'Pike'])} B-place"]
        lines.append("")
    return "\n".join(lines)


INSTALLED = frozenset(entry_points(group="seqpipe"))


@pytest.fixture(autouse=True, scope="module")
def alone() -> Iterator[None]:
    """Plugins that happen to be installed here are not there; those that a test installs are.

    Module by module, for the tests of plugins, which may run in the same session, do without it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugins, "entry_points", lambda group: set(entry_points(group=group)) - INSTALLED)
        yield


@pytest.fixture(autouse=True, scope="session")
def hearing() -> None:
    """What a shell runs in the background is deaf to Ctrl-C; the runs that tests start and stop must not be."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A pipeline file with its data beside it."""
    for seed, (split, count) in enumerate({"train": 60, "dev": 20, "test": 20}.items()):
        (tmp_path / f"{split}.conll").write_text(sentences(count, seed), encoding="utf-8")
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of some text and name, and gives its path."""

    def write(text: str | bytes, name: str = "a.conll") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Puts distributions with an entry point where importlib.metadata finds them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made: list[str] = []

    def installed(name: str, code: str, module: str | None = None) -> None:
        module = module or name.replace("-", "_")
        made.append(module)
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[seqpipe]\n{name} = {module}\n")
        importlib.invalidate_caches()

    yield installed
    for module in made:
        sys.modules.pop(module, None)


@pytest.fixture(scope="session")
def same_losses() -> Callable[..., list[Any]]:
    """Checks that pairs of states and target have the very same losses and gradients, and gives these, losses first."""
    import torch  # Not above: most tests do without.

    def check(head: Any, *pairs: tuple[Any, Any]) -> list[Any]:
        found = []
        for states, target in pairs:
            head.zero_grad()
            losses = head.loss(states, target)
            losses.sum().backward()
            found.append([losses.detach(), *(weight.grad for weight in head.parameters())])
        for clean, dirty in zip(*found, strict=True):
            torch.testing.assert_close(clean, dirty, rtol=0, atol=0)
        return found[0]

    return check


@pytest.fixture(scope="session")
def encoder_of() -> Callable[..., Any]:
    """Makes an encoder of A, C, G and T by its cell (`peepholes`: the lstm with them), all of its weights at random."""
    import torch

    from seqpipe.codec import Symbols
    from seqpipe.embed import EmbedOptions
    from seqpipe.encoders.recurrent import Recurrent

    def made(cell: str, **options: Any) -> Recurrent:
        kind = {"cell": "lstm", "peepholes": True} if cell == "peepholes" else {"cell": cell}
        codec = Symbols()
        codec.fit(["ACGT"])
        torch.manual_seed(1)
        values = kind | {"hidden_size": 3, "num_layers": 2, "embed": EmbedOptions(size=2)} | options
        encoder = Recurrent(Recurrent.Options(**values), codec).double().eval()
        for weight in encoder.parameters():
            torch.nn.init.normal_(weight)
        return encoder

    return made


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """The folder of a real data set, or a skip that says so."""

    def folder(name: str) -> Path:
        root = os.environ.get("SEQPIPE_DATA")
        if not root or not Path(root, name).is_dir():
            pytest.skip(f"data set {name}: not in SEQPIPE_DATA ({root or 'not set'})")
        return Path(root, name)

    return folder
