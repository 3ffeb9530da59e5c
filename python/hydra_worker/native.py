"""
Threads, locks, sockets and time as the system has them.

Libraries such as gevent and eventlet put others in their place in the modules of the standard library, mostly while
the application is imported ("monkey-patching"). What the shim waits for must then still be a thread of the system:
so it takes these names from here, where they were bound before, and its threads are none of `threading`, which
patching takes for the application's.
"""

from __future__ import annotations

import _thread
import os
import select as _select
import signal as _signal
import socket as _socket
import sys
import threading
import time
from _thread import allocate_lock as Lock, get_ident
from typing import Any, Callable, Dict, List, Optional, Tuple

# pydevd, a debugger that may be there before this is imported, keeps the original so.
start_new_thread = getattr(_thread, "_original_start_new_thread", _thread.start_new_thread)
sleep = time.sleep
select = _select.select
poll = getattr(_select, "poll", None)
read = os.read
signal = _signal.signal
fork = getattr(os, "fork", None)
wait_process = getattr(os, "waitpid", None)
Socket = _socket.socket
_pair = getattr(__import__("_socket"), "socketpair", None)

# The thread that runs signal handlers, which this module is imported in.
main_ident = get_ident()

# The shim's own threads, by their idents.
names: Dict[int, str] = {}


def begin_child() -> None:
    """In a worker that was forked: what a library has at work in the parent is its parent's."""
    gevent = sys.modules.get("gevent")
    if gevent is not None:
        gevent.reinit()


def socket_pair() -> "Tuple[_socket.socket, _socket.socket]":
    """Two sockets that are connected."""
    if _pair is None:
        return _socket.socketpair()
    one, other = _pair()
    return (
        Socket(one.family, one.type, one.proto, fileno=one.detach()),
        Socket(other.family, other.type, other.proto, fileno=other.detach()),
    )


class Event:
    """threading.Event, of locks that nobody replaces."""

    __slots__ = ("_lock", "_is_set", "_waiters")

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_set = False
        self._waiters: List[Any] = []

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        with self._lock:
            self._is_set = True
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.release()

    def clear(self) -> None:
        with self._lock:
            self._is_set = False

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Whether it was set within so many seconds."""
        with self._lock:
            if self._is_set:
                return True
            waiter = Lock()
            waiter.acquire()
            self._waiters.append(waiter)
        if waiter.acquire(True, -1 if timeout is None else min(max(timeout, 0.0), _thread.TIMEOUT_MAX)):
            return True
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                return False
        return True


def start(name: str, target: Callable[..., None], *arguments: Any) -> Event:
    """
    Starts a thread that the process does not wait for. Returns what is set when it has ended. Raises RuntimeError
    where the system has no thread to give.
    """
    ended = Event()
    start_new_thread(_run, (name, target, arguments, ended))
    return ended


def start_visible(name: str, target: Callable[..., None], *arguments: Any) -> Event:
    """The same for one that runs the application's code, which is to find it in `threading` as any other."""
    ended = Event()
    now = _thread.start_new_thread
    if now is not start_new_thread and getattr(_thread, "_original_start_new_thread", None) is not start_new_thread:
        # `threading` has no threads of the system any more. (With pydevd it has, and the debugger sees those alone.)
        start_new_thread(_run_visible, (name, target, arguments, ended))
        return ended
    threading.Thread(target=_run_visible, args=(name, target, arguments, ended), name=name, daemon=True).start()
    return ended


def _run(name: str, target: Callable[..., None], arguments: Tuple[Any, ...], ended: Event) -> None:
    ident = get_ident()
    names[ident] = name
    try:
        target(*arguments)
    finally:
        names.pop(ident, None)
        ended.set()


def _run_visible(name: str, target: Callable[..., None], arguments: Tuple[Any, ...], ended: Event) -> None:
    # Its own code tells it from the shim's own threads: see is_own().
    _run(name, target, arguments, ended)


def is_own(ident: Optional[int]) -> bool:
    """
    Whether this is a thread that start() has made, from its very first instruction on, when it has not said its name yet.
    """
    frame = sys._current_frames().get(ident) if ident is not None else None
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame is not None and frame.f_code is _run.__code__
