"""The LSTM whose gates see the cell."""

import torch
from torch import Tensor, nn

from .loop import Loop


class PeepholeLoop(Loop):
    """The LSTM with forget gate and peepholes: each gate sees its own unit of c (Gers & Schmidhuber 2000).

        i_t = sigmoid(W_i [x_t; h_{t-1}] + p_i ⊗ c_{t-1} + b_i)
        f_t = sigmoid(W_f [x_t; h_{t-1}] + p_f ⊗ c_{t-1} + b_f)
        c_t = f_t ⊗ c_{t-1} + i_t ⊗ tanh(W [x_t; h_{t-1}] + b)
        o_t = sigmoid(W_o [x_t; h_{t-1}] + p_o ⊗ c_t + b_o)
        h_t = o_t ⊗ tanh(c_t)

    The output is squashed as in the LSTM without peepholes, which this is where they are zero. Rows of the weights, as
    in torch's LSTM: i, f, candidate, o; of the peepholes: i, f, o.
    """

    blocks = 4
    biased = 4
    gates = ("input", "forget", "output")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.peepholes = nn.Parameter(torch.zeros(3, hidden_size))

    def step(self, total: Tensor, c: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        i, f, candidate, o = total.chunk(4, 1)
        to_i, to_f, to_o = self.peepholes
        i, f = (i + to_i * c).sigmoid(), (f + to_f * c).sigmoid()
        c = f * c + i * candidate.tanh()
        o = (o + to_o * c).sigmoid()
        return o * c.tanh(), c, (i, f, o)
