"""
Has the main thread look at something while it runs the application's code.

Python runs signal handlers in the main thread, between two instructions of whatever that is doing. The shim's
handler of SIGINT is ours, so a simulated SIGINT brings a function there, which sees the very frame that it
interrupts and may raise into it. Nothing else in Python can do that without a race.
"""

from __future__ import annotations

import _thread
import os
import signal
from types import FrameType
from typing import Callable, List, Optional

from . import native

# Says whether it is through; may raise instead, into the code that it has interrupted.
Look = Callable[[Optional[FrameType]], bool]

# How long to wait for the main thread before it is asked again: the first time, and at most.
_FIRST_SECONDS = 0.01
_LONGEST_SECONDS = 0.5

_lock = native.Lock()
_worker = os.getpid()
_wanted: List[Look] = []
_asking = False


def begin() -> None:
    """This process is the worker, and none that the worker forks."""
    global _worker
    _worker = os.getpid()


def handle_interrupt(number: int, frame: Optional[FrameType]) -> None:
    """
    The handler of SIGINT. A real one, which a terminal sends to the whole group, is the front's to decide
    about: then nothing is wanted here. (A handler and not SIG_IGN, which subprocesses would inherit.)
    """
    if _wanted and os.getpid() == _worker:
        for look in _wanted[:]:
            # It is not wanted any more if it raises.
            _wanted.remove(look)
            if not look(frame) and look not in _wanted:
                _wanted.append(look)


def handle_hangup(number: int, frame: Optional[FrameType]) -> None:
    """The handler of SIGHUP, which is the front's, too."""


def ask(look: Look) -> bool:
    """
    Calls `look` in the main thread as soon as that runs Python code, again and again until it is through. False where the
    application has taken SIGINT for itself.
    """
    global _asking
    if signal.getsignal(signal.SIGINT) is not handle_interrupt:
        return False
    with _lock:
        if look not in _wanted:
            _wanted.append(look)
        if not _asking:
            try:
                native.start("hydra-interrupt", _ask)
            except RuntimeError:
                # The system has no thread to give. Once is better than never.
                _thread.interrupt_main()
            else:
                _asking = True
    return True


def _ask() -> None:
    global _asking
    pause = _FIRST_SECONDS
    while True:
        with _lock:
            if not _wanted or signal.getsignal(signal.SIGINT) is not handle_interrupt:
                _asking = False
                return
        _thread.interrupt_main()
        if hasattr(signal, "pthread_kill"):
            # A real one, too: it wakes the main thread from a system call such as that of time.sleep().
            signal.pthread_kill(native.main_ident, signal.SIGINT)
        native.sleep(pause)
        pause = min(pause * 2, _LONGEST_SECONDS)
