"""All cells side by side on random sequences: how the gradient flows back through each before anything is learned."""

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from .batch import Padded
from .clipping import Clipping
from .codec import Symbols
from .encoder import Encoder, Trace
from .flow import Curve, Row, by_distance, norms, rows
from .plugins import Plugins

RECORDS = 32
SYMBOLS = 64
EMBED = 16
CELLS = ("rnn", "cec", "lstm1997", "lstm", "gru")
RADII = (0.5, 1.0, 1.5, 2.0, 3.0)
"""Spectral radius of the vanilla cell's recurrent weights, which are orthogonal times this number."""
FORGET_BIASES = (0.0, 1.0, 2.0, 5.0)
"""Of the forget gate."""
CLIP = 5.0
"""Norm that the gradient is clipped at."""


class Setting(NamedTuple):
    """How large and how long the comparison is."""

    steps: int
    hidden_size: int
    seed: int


class Comparison:
    """Encoders by name with fresh weights in float64, and what flows back through them.

    The loss is v · h of the last step, v of norm 1 in a random direction for each of the sequences of random symbols.
    """

    def __init__(self, setting: Setting, plugins: Plugins) -> None:
        self.setting, self.plugins = setting, plugins
        self.codec = Symbols()
        self.codec.fit([[f"{number:02d}" for number in range(SYMBOLS)]])
        chance = torch.Generator().manual_seed(setting.seed)
        self.values = torch.randint(0, SYMBOLS, (RECORDS, setting.steps + 1), generator=chance)
        direction = torch.randn(RECORDS, setting.hidden_size, generator=chance, dtype=torch.float64)
        self.direction = direction / direction.norm(dim=1, keepdim=True)

    def encoder(self, name: str, radius: float = 1.0, forget_bias: float | None = None) -> Encoder:
        """A fresh encoder of one layer, its recurrent weights times `radius`."""
        cls = self.plugins.load("encoder", name)
        more = {} if forget_bias is None else {"forget_bias": forget_bias}
        text = json.dumps({"hidden_size": self.setting.hidden_size, "embed": {"size": EMBED}} | more)
        torch.manual_seed(self.setting.seed)
        made: Encoder = cls(cls.Options.model_validate_json(text), self.codec).double().eval()
        with torch.no_grad():
            for weight_name, weight in made.named_parameters():
                if "weight_hh" in weight_name:
                    weight.mul_(radius)
        return made

    def input(self, steps: int) -> Padded:
        """The last `steps` steps of the sequences."""
        return Padded(self.values[:, -steps:], torch.full((RECORDS,), steps))

    def trace(self, encoder: Encoder) -> tuple[Tensor, Trace]:
        """The last h `[B, H]`, and all that was before it."""
        found = encoder.trace(self.input(self.setting.steps + 1))
        assert found is not None
        states, (trace,) = found
        return states.final, trace

    def total(self, encoder: Encoder) -> dict[str, list[Row]]:
        """Norms of the gradient with respect to h and c, with all paths, at each distance."""
        final, trace = self.trace(encoder)
        return {name: self.rows(found) for name, found in norms(trace, final, self.direction).items()}

    def carousel(self, encoder: Encoder) -> list[Row]:
        """Norms of what flows back along c alone: dL/dc_T times all forget gates since, or as it is without them."""
        final, trace = self.trace(encoder)
        (error,) = torch.autograd.grad(final, trace.c[-1], self.direction)
        found = [error.norm(dim=1)]
        for forget in reversed(trace.gates.get("forget", [torch.ones(())] * len(trace.c))[1:]):
            error = error * forget.detach()
            found.append(error.norm(dim=1))
        return self.rows(torch.stack(found[::-1], 1))

    def rows(self, found: Tensor) -> list[Row]:
        """Quartiles over the sequences of `[B, T]`, by distance from the last step."""
        return rows([by_distance(found, torch.full((RECORDS,), self.setting.steps))], 0)

    def updates(self, encoder: Encoder, clip: float | None) -> Iterator[Row]:
        """The norm of the gradient of all weights for one update, on sequences of more and more steps."""
        for steps in range(1, self.setting.steps + 1, max(1, self.setting.steps // 25)):
            encoder.zero_grad()
            final = encoder(self.input(steps)).final
            ((final * self.direction).sum() / RECORDS).backward()
            clipping = Clipping(clip, None)
            clipping(encoder.parameters())
            norm = float(clipping.norms[0] * clipping.scales[0])
            yield Row(steps, 1, norm, norm, norm, norm)


def compare(setting: Setting, plugins: Plugins) -> list[Curve]:
    """All curves of the page; `layer` names the panel, `quantity` the line."""
    made = Comparison(setting, plugins)
    found = [Curve("radius", f"radius {radius:g}", made.total(made.encoder("rnn", radius))["h"]) for radius in RADII]
    largest = made.encoder("rnn", RADII[-1])
    found += [
        Curve("clipping", name, list(made.updates(largest, clip)))
        for name, clip in (("not clipped", None), (f"clip_norm {CLIP:g}", CLIP))
    ]
    for name in ("cec", "lstm1997"):
        encoder = made.encoder(name)
        found += [Curve(name, quantity, line) for quantity, line in made.total(encoder).items()]
        found.append(Curve(name, "along c alone", made.carousel(encoder)))
    for bias in FORGET_BIASES:
        line = made.carousel(made.encoder("lstm", forget_bias=bias))
        open_share = 1 / (1 + math.exp(-bias))
        powers = [line[0].median * open_share**row.place for row in line]
        found.append(Curve("forget", f"bias {bias:g}", line))
        found.append(
            Curve("forget", f"{open_share:.3g}^k", [Row(k, 1, *[power] * 4) for k, power in enumerate(powers)])
        )
    return found + [Curve("cells", name, made.total(made.encoder(name))["h"]) for name in CELLS]
