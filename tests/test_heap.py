"""Memory that is freed is not fetched from the system again."""

import mmap
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import sys

import torch

from seqpipe import heap

if sys.argv[1:] == ["keep"]:
    heap.keep()

for _ in range(20):
    torch.ones(64_000_000, dtype=torch.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(*given: str) -> int:
    """Pages that a process asks the system for when it makes a tensor of 64 MB twenty times."""
    made = subprocess.run([sys.executable, "-c", FAULTS, *given], capture_output=True, text=True, check=True)
    return int(made.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library does as it likes")
def test_freed_memory_is_kept() -> None:
    pages = 64_000_000 // mmap.PAGESIZE
    assert faults() - faults("keep") > 10 * pages
