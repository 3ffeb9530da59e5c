"""What the shim asks of the operating system: signals, and not to outlive the front."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, Dict, List, Optional, Tuple

from . import forks, mainthread, native
from .logs import log_exception


def die_with_parent(parent: int) -> None:
    """
    Asks Linux to kill this process when the front dies, which works also while C code holds the interpreter's
    lock.

    The kernel means the thread that started us; the front starts its workers on a thread that lives as long
    as itself.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        # The end of the control link says the same a little later.
        return
    if os.getppid() != parent:
        os._exit(1)


# By which the front is told to do something, and which end whoever has no handler for them. SIGTTIN and SIGTTOU are
# not among them: they stop whoever uses a terminal in the background, and one that handled them would try for ever.
COMMANDS = ("SIGUSR1", "SIGUSR2")


class _LifeLine:
    """What die_with_pipe() was given, closed in children of the application's: they may outlive the worker."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        forks.register(self)

    def after_fork(self) -> None:
        os.close(self._descriptor)


_life_line: Optional[_LifeLine] = None


def die_with_pipe(descriptor: int) -> bool:
    """
    Asks Linux to kill this process when the other end of the pipe is closed, which works also while C code holds
    the interpreter's lock. Only the front has that end. Returns False where that cannot be asked for.

    This is for forked workers, whose parent is not the front: they are to go on when their template dies.
    """
    global _life_line
    _life_line = _LifeLine(descriptor)
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        # Not fcntl.FASYNC, which is the same and PyPy has not.
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    except (ImportError, OSError, AttributeError):
        return False
    try:
        native.read(descriptor, 1)
    except BlockingIOError:
        return True
    # Closed before the kernel was asked.
    os._exit(1)


class Stopping:
    """
    Whether the worker is about to go. The handler of SIGTERM is a method of this: libraries that serve streams of
    events (sse-starlette) ask the handler's object, as they would ask uvicorn's server.
    """

    def __init__(self) -> None:
        # When streams are told to end, and not sooner.
        self.should_exit = False
        self.worker = 0
        # What the application has installed for the signals that are the front's to decide about.
        self.applications: Dict[int, Any] = {}
        self._ours: Dict[int, Any] = {}
        self._told = False

    def handle_exit(self, number: int, frame: Optional[object]) -> None:
        """A signal to the whole group is the front's to decide about."""
        # A forked child may be told to end before it has come to after_fork().
        if os.getpid() != self.worker:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def hold(self, ours: Dict[int, Any]) -> None:
        """These handlers are to stay for SIGTERM and SIGINT, whatever the application installs."""
        self._ours = ours

    def take_back(self) -> None:
        """
        The application may have installed handlers while it was imported or started. They would end the worker at a
        signal to the whole group, with the requests that the front still gives it.
        """
        for number, ours in self._ours.items():
            found = signal.getsignal(number)
            # One that is ignored does no harm; None is one that is not Python's.
            if found is ours or found is None or found == signal.SIG_IGN:
                continue
            try:
                signal.signal(number, ours)
            except ValueError:
                # An adapter of the user's that is not in the main thread.
                return
            if found != signal.SIG_DFL:
                self.applications[number] = found

    def holds(self, number: int) -> bool:
        """Whether the application's handler of this signal is kept here, and not where signals come."""
        return number in self._ours

    def tell(self) -> None:
        """
        The worker goes: the application's handler of SIGTERM is called, once, as other servers have it called when they are
        told to stop. Ours, which it may call in its turn, does nothing then. In the main thread.
        """
        handler = self.applications.get(signal.SIGTERM)
        if self._told or handler is None:
            return
        self._told = True
        try:
            handler(signal.SIGTERM, None)
        except (SystemExit, KeyboardInterrupt):
            # The worker ends by itself when its requests are done.
            return
        except Exception as error:
            log_exception("Exception in the application's handler of SIGTERM", error)


stopping = Stopping()


def reset_signals() -> None:
    """
    What was ignored or blocked where the front was started, or by a wrapper around Python, would stay so: an
    application whose children end unseen, or that cannot be stopped.
    """
    for name in ("SIGCHLD", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def install_signals() -> None:
    """
    SIGTERM, Ctrl-C, the hang-up of a terminal and commands are the front's to decide about: a terminal, systemd or
    logrotate sends them to the whole group, and a worker that went by itself would refuse what the front still
    gives it.
    """

    stopping.worker = os.getpid()
    mainthread.begin()
    forks.begin()

    # One object, by whose identity a child finds that it is still there.
    terminate = stopping.handle_exit
    handlers: List[Tuple[int, Any, Any]] = [
        (signal.SIGINT, mainthread.handle_interrupt, signal.default_int_handler),
        (signal.SIGTERM, terminate, signal.SIG_DFL),
    ]
    if hasattr(signal, "SIGHUP"):
        handlers.append((signal.SIGHUP, mainthread.handle_hangup, signal.SIG_DFL))
    handlers += [(getattr(signal, name), _ignore, signal.SIG_DFL) for name in COMMANDS if hasattr(signal, name)]

    def after_fork() -> None:
        for number, ours, default in handlers:
            if signal.getsignal(number) is ours:
                try:
                    signal.signal(number, default)
                except ValueError:
                    # PyPy: no thread of a child that was forked in a thread may set handlers. terminate()
                    # knows what to do there.
                    return

    for number, ours, _ in handlers:
        # In a forked worker it may be there already, and beneath it what Python does not know of (faulthandler.register()).
        if signal.getsignal(number) is not ours:
            signal.signal(number, ours)
    stopping.hold({number: ours for number, ours, _ in handlers[:2]})
    if hasattr(signal, "SIGBREAK"):
        signal.signal(signal.SIGBREAK, mainthread.handle_interrupt)
    if hasattr(os, "register_at_fork"):
        # A child that the application forks is the application's: it ends as any Python program does.
        os.register_at_fork(after_in_child=after_fork)


class HeldSignals:
    """
    The signals that a terminal or a service sends to all processes of a server, held off in the template
    process: it ends when the front says so.
    """

    def __init__(self) -> None:
        # What the application has installed while it was imported, for the workers.
        self._applications: Dict[int, Any] = {}
        names = ("SIGINT", "SIGTERM", "SIGHUP", *COMMANDS)
        self._numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        for number in self._numbers:
            # A handler and not SIG_IGN, which the application's subprocesses would inherit.
            signal.signal(number, _ignore)

    def take_back(self) -> None:
        """The application is imported, and may have installed handlers of its own."""
        for number in self._numbers:
            found = signal.getsignal(number)
            if found is not _ignore:
                self._applications[number] = found
                signal.signal(number, _ignore)

    def give_back(self) -> None:
        """In a worker, whose own handlers are installed: as if the application had been imported here."""
        for number, handler in self._applications.items():
            if handler is not None:
                signal.signal(number, handler)
        stopping.take_back()


def _ignore(number: int, frame: Optional[object]) -> None:
    """Whoever sends it sends it to the front, too."""


def hard_exit(code: int) -> None:
    """Ends the process now, with all its threads."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            # None, closed or broken: nothing to save.
            continue
    os._exit(code)


def python_version() -> str:
    """Such as "CPython 3.11.2", or "PyPy 7.3.11 (3.9.16)"."""
    names = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}
    name = names.get(sys.implementation.name, sys.implementation.name)
    version = sys.implementation.version
    text = f"{name} {version.major}.{version.minor}.{version.micro}"
    if version.releaselevel != "final":
        text += f" {version.releaselevel} {version.serial}"
    language = "%d.%d.%d" % sys.version_info[:3]
    if language not in text:
        text += f" ({language})"
    return text if has_gil() else text + " free-threaded"


def has_gil() -> bool:
    """Whether only one thread at a time runs Python code."""
    check = getattr(sys, "_is_gil_enabled", None)
    return check is None or check()
