"""What becomes of memory that tensors no longer need."""

import ctypes
import sys

# Numbers of the options of mallopt, as malloc.h of the GNU C library has them.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep() -> None:
    """Keep memory that is freed for the tensors of the next batch, where the C library can be told so.

    The GNU one gives large blocks back to the system at once; that it has to hand them out anew, page by page and
    filled with zeros, costs a network that reads long sequences as much as all its arithmetic. The price: the process
    stays as large as it once was. Elsewhere nothing changes.
    """
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt"):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, -1)
