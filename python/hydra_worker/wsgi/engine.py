"""Serves a WSGI application: threads, data links, drain."""

from __future__ import annotations

import sys
import time
from types import FrameType
from typing import Any, List, Optional

from .. import control, inspection, links, native, process, speedups, stacks, wire
from ..errors import RequestAbandoned, RequestTimeout
from ..logs import logger
from ..process import hard_exit
from . import interrupts
from .auto import AutoHub, AutoThreads, cores_of
from .environ import EnvironBuilder
from .guard import Guard
from .hub import Hub
from .link import DataLink
from .response import WsgiResponse
from .scaling import MOST
from .stream import WsgiStream

# What a request that was cancelled may take for its cleanup.
_CANCEL_SECONDS = 2.0
_EXIT_LINK_LOST = 1


class WsgiEngine(control.Engine):
    """
    The main thread is one of the threads that run requests. control.Engine's methods run on the control
    link's thread.
    """

    def __init__(self, worker: Any, application: Any) -> None:
        self._worker = worker
        self._boot = worker.boot
        self._control = worker.control
        self._application = application
        boot = worker.boot
        self._environs = EnvironBuilder(boot.version, boot.threads != 1, boot.request_start)
        has_gil = process.has_gil()
        self._auto: Optional[AutoThreads] = None
        busy_seconds = boot.busy_poll_microseconds / 1_000_000
        if boot.threads:
            self._hub = Hub(has_gil, self._on_broken, boot.threads, busy_seconds)
        else:
            self._hub = hub = AutoHub(has_gil, self._on_broken, busy_seconds)
            self._auto = AutoThreads(hub, cores_of(has_gil), self._start_thread)
        if boot.interruptible:
            self._hub.guard = Guard(application)
        # the end
        self._threads: List[native.Event] = []
        self._told_to_drain = native.Event()
        self._grace = 0.0
        self._cancelled = 0
        self._lost: Optional[str] = None

    def serve(self) -> int:
        """Until the worker is told to stop; returns the exit code."""
        data_links = [
            DataLink(*links.open_link(self._boot, wire.LINK_DATA, index))
            for index in range(self._boot.data_links)
        ]
        self._hub.open(data_links)
        # Made now, and not when it is wanted: the system may have no thread to give then. The control link must go
        # on, and the main thread may be busy with a request.
        native.start("hydra-drain", self._drain)
        for number in range(1, self._boot.threads):
            self._start_thread(number)
        if self._auto is not None:
            native.start("hydra-auto", self._auto.run)
        self._control.attach(self)
        self._worker.ready(max(1, self._boot.threads), self._describe_threads() + speedups.describe())
        self._work(0)
        if self._auto is not None:
            self._auto.stop()
        if process.stopping.should_exit:
            # With nothing to finish the end comes before the main thread could be asked.
            process.stopping.tell()
        for ended in self._threads:
            ended.wait()
        self._hub.finish()
        self._control.goodbye(self._cancelled)
        return _EXIT_LINK_LOST if self._lost is not None else 0

    def _start_thread(self, number: int) -> None:
        self._threads.append(native.start_visible(f"hydra-wsgi-{number}", self._work, number))

    def _describe_threads(self) -> str:
        """As the front's log has it."""
        threads = self._boot.threads
        return f"{threads} threads" if threads > 1 else "1 thread" if threads else f"threads auto: 1 to {MOST}"

    def _work(self, number: int) -> None:
        hub = self._hub
        if self._auto is not None:
            self._auto.enter()
        account = hub.account
        places = account.places
        clock = time.perf_counter
        runner = hub.guard.enter() if hub.guard is not None else None
        application = self._application if runner is None else runner.application
        request = hub.take()
        while request is not None:
            account.taken_at = began = clock()
            hub.watch()
            if runner is not None:
                runner.begin(request)
            places[number] = response = WsgiResponse(hub, request)
            try:
                response.run(application, self._environs)
            except wire.WireError as error:
                hub.fail(f"protocol error on a data link: {error}")
            places[number] = response = None
            if runner is not None:
                runner.end()
            request = hub.take(clock() - began)

    def _on_broken(self, reason: str) -> None:
        self._lost = reason
        logger.error("The worker stops: %s", reason)
        self.drain(0.0)

    # ---- control.Engine

    def drain(self, grace: float) -> None:
        if not self._told_to_drain.is_set():
            self._grace = grace
            self._told_to_drain.set()

    def abandon(self) -> None:
        self._lost = "the front is gone"
        self._hub.abandon()
        self.drain(0.0)

    def _drain(self) -> None:
        self._told_to_drain.wait()
        self._hub.begin_drain()
        if self._hub.drained.wait(self._grace):
            return
        self._cancelled = self._hub.cancel_running()
        if not self._hub.drained.wait(_CANCEL_SECONDS):
            # A thread that does not come back cannot be ended, but the process can.
            self._control.goodbye(self._cancelled)
            hard_exit(_EXIT_LINK_LOST if self._lost is not None else 0)

    def where(self, link: int, stream: int) -> str:
        for frame in sys._current_frames().values():
            request = self._request_in(frame)
            if request is not None and request.id == stream and request.link is self._hub.links[link]:
                return stacks.of_frame(frame)
        return ""

    def describe_thread(self, ident: int, frame: FrameType) -> str:
        request = self._request_in(frame)
        return "" if request is None else interrupts.describe(self._hub.links.index(request.link), request)

    def _request_in(self, frame: FrameType) -> Optional[WsgiStream]:
        """What a thread runs, by what it says itself: also where nothing else keeps account of that."""
        found = inspection.variable(frame, WsgiEngine._work.__code__, "request")
        return found if isinstance(found, WsgiStream) else None

    def interrupt(self, link: int, stream: int, reason: int) -> None:
        hub = self._hub
        guard = hub.guard
        if guard is None or link >= len(hub.links):
            return
        timed_out = reason == wire.CANCEL_TIMEOUT
        runner = guard.runner_of(hub.links[link], stream)
        request = runner.request if runner is not None else None
        if runner is None or request is None or request.id != stream:
            if timed_out:
                interrupts.report_waiting(link, stream, guard.running())
            return
        if timed_out:
            interrupts.report_running(link, request, runner.ident)
        if runner.interrupt(request, RequestTimeout if timed_out else RequestAbandoned):
            hub.cancel(request)
