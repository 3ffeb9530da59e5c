"""
The control link: life cycle, probes and log records.

Its thread reads; any thread may send (`_lock` guards the socket's sending side). The engine is attached by
the main thread when the application is loaded; what arrives before that is kept for it.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from types import FrameType
from typing import TYPE_CHECKING, Callable, Optional

from . import debuggers, forks, framing, inspection, links, mainthread, native, process, stacks, wire
from .boot import Boot
from .counting import Collector
from .errors import BootError, LinkBroken, StartError
from .logs import clip, logger
from .tracebacks import format_exception

if TYPE_CHECKING:
    from .routes import RouteCounts

# How long the worker may live on when the front is gone: half of the second that the protocol allows.
_ABANDONED_SECONDS = 0.5
# What a worker that drains without a front may take beyond its grace: requests that are cancelled, and the
# lifespan's shutdown.
_SHUTDOWN_SECONDS = 10.0
# After GOODBYE only exit handlers run, and threads and processes that the application did not make daemons.
_EXIT_SECONDS = 1.0
# How long an answer to PING waits for the event loop to take note; longer than this is reported as "at least
# so late".
_PROBE_SECONDS = 0.05
_U32 = 0xFFFFFFFF


class Engine:
    """
    What the control link asks of whatever runs the requests. All methods are called on the control link's
    thread.
    """

    def drain(self, grace: float) -> None:
        """Finish what runs within `grace` seconds, then stop."""
        raise NotImplementedError

    def part(self, sessions: bool) -> None:
        """Responses that have no end of their own are to come to theirs, and sessions, if they are meant. May be called again."""

    def in_main_thread(self, function: Callable[[], None]) -> None:
        """Has the main thread, which serves, call this soon. Not while that is in the middle of sending a record."""

        def look(frame: Optional[FrameType]) -> bool:
            while frame is not None:
                if frame.f_code is ControlLink.send.__code__:
                    return False
                frame = frame.f_back
            function()
            return True

        mainthread.ask(look)

    def abandon(self) -> None:
        """The front is gone: cancel what can be cancelled; the process ends at once."""

    def interrupt(self, link: int, stream: int, reason: int) -> None:
        """What runs this stream of this data link is to stop; `reason` is one of wire.CANCEL_*."""

    def where(self, link: int, stream: int) -> str:
        """Where the code is that runs this stream of this data link; empty where there is none any more."""
        return ""

    def describe_thread(self, ident: int, frame: FrameType) -> str:
        """What a thread is for, beside its name; or nothing."""
        return ""

    def describe_tasks(self) -> str:
        """Where the tasks of the event loops are; empty where there are none."""
        return ""

    def probe(self, timeout: float) -> float:
        """Seconds by which the event loop is late."""
        return 0.0


def _route_counts() -> "RouteCounts":
    from .routes import RouteCounts

    return RouteCounts()


class ControlLink:
    """See the module's description."""

    def __init__(self, boot: Boot) -> None:
        self._sock: Optional[socket.socket]
        self._sock, _, _ = links.open_link(boot, wire.LINK_CONTROL)
        self._lock = native.Lock()
        self._ready = native.Event()
        # Counts requests by their routes, where that is wanted.
        self.routes = _route_counts() if boot.collect_routes else None
        # Answers COLLECT.
        self.collector = Collector(self.send, boot.collect_application, self.routes)
        # What the main thread and the control thread tell each other.
        self._engine: Optional[Engine] = None
        self._grace: Optional[float] = None
        self._until = 0.0
        self._parted = native.Event()
        forks.register(self)

    def start(self) -> None:
        """Starts the thread."""
        try:
            native.start("hydra-control", self._run)
        except RuntimeError as error:
            raise BootError(
                f"{error}: the limit of processes and threads is reached (pids.max of the control group, or ulimit -u)"
            ) from None

    def after_fork(self) -> None:
        """In a child that the application forked: the link is the parent's."""
        sock, self._sock = self._sock, None
        self._lock = native.Lock()
        self._engine = None
        if sock is not None:
            sock.close()

    def send(self, frame: bytes) -> None:
        """Sends a frame; a front that is gone is noticed by the reading side."""
        with self._lock:
            if self._sock is not None:
                try:
                    self._sock.sendall(frame)
                except OSError:
                    pass

    def attach(self, engine: Engine) -> None:
        """From now on the engine hears of DRAIN and answers probes."""
        self._engine = engine
        if self._grace is not None:
            process.stopping.tell()
            engine.drain(self._grace)

    def ready(self, concurrency: int, features: int, interface: str, loop: str) -> None:
        """All links are open and the application is loaded."""
        python = process.python_version().encode()
        self.send(
            wire.pack_ready(0, 0, concurrency, features, clip(interface, 255), python, clip(loop, 255))
        )
        self._ready.set()

    def failed(self, error: StartError) -> None:
        """The application cannot be served; the process exits after this."""
        trace = format_exception(error.cause) if error.cause is not None else error.trace
        self._parted.set()
        self.send(wire.pack_failed(0, 0, error.reason, clip(error.message, 0xFFFF), clip(trace, 128 * 1024)))

    def goodbye(self, cancelled: int, message: str = "") -> None:
        """The worker has drained and is about to exit."""
        self.collector.finish()
        self._parted.set()
        self.send(wire.pack_goodbye(0, 0, min(cancelled, _U32), clip(message, 0xFFFF)))

    def drain(self, grace: float) -> None:
        """DRAIN has come."""
        if self._grace is None:
            self._until = time.monotonic() + grace
            self._grace = grace
        self._say_that_it_goes()
        if self._engine is not None:
            self._engine.drain(grace)

    def time_left(self) -> float:
        """Seconds of the grace that are left since DRAIN came: what the process may take for its end."""
        return max(0.0, self._until - time.monotonic())

    def _run(self) -> None:
        sock = self._sock
        assert sock is not None
        try:
            while True:
                kind, flags, stream, payload = links.read_frame(sock)
                if stream:
                    raise LinkBroken(f"a frame of type {kind:#x} is for stream {stream}")
                framing.dispatch(self, kind, flags, payload)
        except (OSError, EOFError):
            pass
        except (LinkBroken, wire.WireError) as error:
            self._complain(f"protocol error on the control link: {error}")
        self._front_is_gone()

    # ---- what the front sends, by the names of wire.FROM_FRONT

    def on_ping(self, nonce: int) -> None:
        """Answers here, on this thread, which the application does not hold up."""
        engine = self._engine
        debugged = debuggers.at_work()
        lag = engine.probe(_PROBE_SECONDS) if engine is not None and not debugged else 0.0
        self.send(wire.pack_pong(0, 0, nonce, min(int(lag * 1_000_000), _U32), int(debugged)))

    def on_inspect(self, target: int, sequence: int, link: int) -> None:
        """Somebody wants to know what the worker does. Nothing is changed by it."""
        try:
            text = inspection.of_stream(self._engine, link, target) if target else inspection.of_everything(self._engine)
        except Exception as error:
            # Other threads go on meanwhile, and what they do was looked at without their knowing.
            text = f"  (it cannot be shown: {type(error).__name__}: {error})"
        self.send(wire.pack_stacks(0, 0, sequence, clip(text, inspection.LONGEST)))

    def on_collect(self, sequence: int) -> None:
        """Somebody wants to know what was counted."""
        self.collector.ask(sequence)

    def on_interrupt(self, target: int, link: int, reason: int) -> None:
        """What runs a stream is to stop."""
        if self._parted.is_set():
            self._say_where(logging.WARNING, "The worker does not come to its end. It is here")
        elif self._engine is not None:
            # What somebody looks at is left as it is. The front may not have heard of that yet.
            if not debuggers.at_work():
                self._engine.interrupt(link, target, reason)
        elif not self._ready.is_set():
            self._say_where(logging.ERROR, "The worker has taken too long to start. It is here")

    @staticmethod
    def _say_where(level: int, sentence: str) -> None:
        """The worker has taken too long to start or to end, and is about to be killed."""
        main = stacks.of_thread(native.main_ident)
        others = stacks.of_busy_threads(native.main_ident)
        text = main + ("\n" + others if others else "")
        logger.log(level, "%s:\n%s", sentence, stacks.clip(text))

    def on_part(self, grace_milliseconds: int, sessions: int) -> None:
        """The worker is to go: streams hear of it while they can still say goodbye."""
        self._say_that_it_goes()
        if self._engine is not None:
            self._engine.part(sessions != 0)

    def _say_that_it_goes(self) -> None:
        if not process.stopping.should_exit:
            process.stopping.should_exit = True
            if self._engine is not None and process.stopping.applications:
                self._engine.in_main_thread(process.stopping.tell)

    def on_drain(self, grace_milliseconds: int) -> None:
        """The worker is to finish."""
        self.drain(grace_milliseconds / 1000)

    def _front_is_gone(self) -> None:
        # If it was told to drain it does so; without a front it may not take longer than it was given.
        grace = 0.0 if self._grace is None else self._grace + _SHUTDOWN_SECONDS
        if self._parted.wait(grace):
            native.sleep(_EXIT_SECONDS)
            os._exit(0)
        if self._grace is not None:
            os._exit(1)
        try:
            if self._engine is not None:
                self._engine.abandon()
        finally:
            native.sleep(_ABANDONED_SECONDS)
            os._exit(1)

    @staticmethod
    def _complain(text: str) -> None:
        os.write(2, f"hydra worker: {text}\n".encode("utf-8", "backslashreplace"))
