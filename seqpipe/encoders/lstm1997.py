"""The LSTM before it had a forget gate."""

from torch import Tensor

from .loop import Loop


class Lstm1997Loop(Loop):
    """The LSTM with input and output gate and no forget gate (Hochreiter & Schmidhuber 1997).

        i_t = sigmoid(W_i [x_t; h_{t-1}] + b_i)
        o_t = sigmoid(W_o [x_t; h_{t-1}] + b_o)
        c_t = c_{t-1} + i_t ⊗ tanh(W [x_t; h_{t-1}])
        h_t = o_t ⊗ tanh(c_t)

    The article squashes by scaled sigmoids and cuts the gradient off at the gates; here both are tanh, and the gradient
    is whole. Rows of the weights: i, o, candidate.
    """

    blocks = 3
    biased = 2
    gates = ("input", "output")

    def step(self, total: Tensor, c: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        i, o, candidate = total.chunk(3, 1)
        i, o = i.sigmoid(), o.sigmoid()
        c = c + i * candidate.tanh()
        return o * c.tanh(), c, (i, o)
