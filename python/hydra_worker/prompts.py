"""
Standard input: where breakpoint(), pdb and input() ask.

A single worker of a server that was started on a terminal has that. Any other has nobody to ask, and says so: an EOFError or a
BdbQuit in a request would not be understood.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import Any

from .logs import logger, warn_once

_ADVICE = (
    "to be asked, start the server on a terminal with one worker (--workers 1, no --preload); "
    "with several, attach a debugger (debugpy)"
)


class _Nobody(io.TextIOWrapper):
    """The null device as standard input."""

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        """What input() calls, and pdb by it."""
        warn_once("input", "The application reads standard input (input(), pdb), but nobody is there: %s", _ADVICE)
        return super().readline(size)


class _Terminal(io.TextIOWrapper):
    """The terminal as standard input."""

    def fileno(self) -> int:
        """What input() asks for before each line, and pdb by it. Ctrl-C stays the server's when pdb goes on."""
        pdb = sys.modules.get("pdb")
        if hasattr(pdb, "Pdb"):
            pdb.Pdb.nosigint = property(lambda self: True, lambda self, value: None)  # type: ignore[union-attr]
        return super().fileno()


def prepare(has_terminal: bool) -> None:
    """Standard input is the null device by now; `has_terminal` says that the terminal that standard output is may be asked."""
    if has_terminal and _open_terminal():
        # Else it would stop the server's whole group, should that be in the background one day; so it is an OSError.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        sys.stdin = _Terminal(open(0, "rb", closefd=False))
        return
    sys.stdin = _Nobody(open(0, "rb", closefd=False))
    if not os.environ.get("PYTHONBREAKPOINT"):
        sys.breakpointhook = _pass_over


def _open_terminal() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        # A container has one that controls nobody; the descriptors of terminals are for both directions.
        os.dup2(1, 0)
    else:
        os.dup2(terminal, 0)
        os.close(terminal)
    return os.isatty(0)


def _pass_over(*arguments: Any, **named: Any) -> None:
    """What breakpoint() calls where nobody can be asked."""
    caller = sys._getframe(1)
    logger.warning(
        "breakpoint() at %s:%d is passed over: %s", caller.f_code.co_filename, caller.f_lineno, _ADVICE
    )
