"""
What ps and top show for a worker: "hydra: worker 2 shop.wsgi". Linux only; elsewhere it stays the command line.
"""

from __future__ import annotations

import sys
from typing import Any, Optional, Tuple

_PR_SET_NAME = 15

# Where the command line lies in memory: from, to. Not asked for again in a process that was forked.
_place: Optional[Tuple[int, int]] = None


def show(boot: Any) -> None:
    """Shows which process of which application this is."""
    what = "exit hook" if boot.ended else "template" if boot.preload else f"worker {boot.worker}"
    if sys.platform.startswith("linux"):
        try:
            _write(f"hydra: {what} {boot.name or boot.app}".encode("utf-8", "surrogateescape"), f"hydra: {what}".encode())
        except (ImportError, OSError, ValueError, IndexError, AttributeError):
            # No ctypes, no /proc: then it has the title that it was started with.
            return


def _write(title: bytes, name: bytes) -> None:
    import ctypes

    global _place
    if _place is None:
        _place = _find()
    start, end = _place
    # In place of the arguments, which nobody needs any more, with a NUL at the end: without one the kernel shows the
    # environment behind them, too.
    size = end - start
    ctypes.memmove(start, title[: size - 1].ljust(size, b"\0"), size)
    # Of the main thread, 15 bytes at most.
    ctypes.CDLL(None).prctl(_PR_SET_NAME, name[:15] + b"\0", 0, 0, 0)


def _find() -> Tuple[int, int]:
    with open("/proc/self/stat", "rb") as file:
        # arg_start and arg_end are the 48th and the 49th field, proc(5); the name, which may have blanks, is the 2nd.
        fields = file.read().rpartition(b")")[2].split()
    start, end = int(fields[45]), int(fields[46])
    with open("/proc/self/cmdline", "rb") as file:
        length = len(file.read())
    if not 0 < start < end or length != end - start:
        raise ValueError("the kernel does not say where the arguments are")
    return start, end
