"""The constant error carousel alone, without gates."""

from torch import Tensor

from .loop import Loop


class CecLoop(Loop):
    """The idea behind the LSTM, the constant error carousel alone (Hochreiter & Schmidhuber 1997), without gates.

        c_t = c_{t-1} + tanh(W [x_t; h_{t-1}])
        h_t = tanh(c_t)

    The cell adds up what comes in, so that along c an error flows back through time as it is.
    """

    blocks = 1
    biased = 0

    def step(self, total: Tensor, c: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        c = c + total.tanh()
        return c.tanh(), c, ()
