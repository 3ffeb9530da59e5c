"""The processes that do tasks: threads that ask the front for something to do, and an event loop for coroutines."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from types import FrameType
from typing import Any, Callable, Dict, List, Optional, Tuple

from .. import control, links as link_opening, native, stacks, wire
from ..errors import StartError
from ..interruption import Interruptible
from ..logs import logger
from ..process import hard_exit
from ..tracebacks import summarize, trim
from . import databases
from .clock import Clock
from .job import CALL, DEFERRED, STREAM, TIMED_OUT, Job

# What a task that was stopped may take for its cleanup, before its process is replaced.
_STOP_SECONDS = 5.0
# What the other tasks of a process that is replaced may take yet.
_LEAVE_SECONDS = 5.0
# What tasks that are cut off by the end of the grace may take for their cleanup.
_CANCEL_SECONDS = 2.0
_EXIT_HUNG = 1

_log = logging.getLogger("hydra_server.tasks")


class TaskEngine(control.Engine):
    """The main thread waits for the end. control.Engine's methods run on the control link's thread."""

    def __init__(self, worker: Any, application: Any, is_pool: bool) -> None:
        # Here and not above: the package is the one that the application finds.
        from hydra_server import _task_codec, _task_errors, tasks
        from hydra_server._state_link import links

        self._codec = _task_codec
        self._errors = _task_errors
        self._tasks = tasks
        self._links = links
        self._worker = worker
        self._control = worker.control
        self._boot = worker.boot
        self._application = application
        self._is_pool = is_pool
        self._object: Any = None
        self._lock = native.Lock()
        self._jobs: Dict[int, Job] = {}
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._threads: List[native.Event] = []
        self._told_to_drain = native.Event()
        self._left = native.Event()
        self._grace = 0.0

    def serve(self) -> int:
        """Until the worker is told to stop; returns the exit code."""
        if self._is_pool:
            # Before there is another link than the one that says why it has failed: the front closes all of a worker when one of them closes.
            self._object = self._make()
        # The front takes a worker for ready when it has all its data links; nothing comes on these.
        data_links = [link_opening.open_link(self._boot, wire.LINK_DATA, index) for index in range(self._boot.data_links)]
        threads = max(1, self._boot.threads)
        self._links.hold_on()
        native.start("hydra-tasks-hear", self._hear)
        self._control.attach(self)
        self._worker.ready(threads, f"{threads} threads" if threads > 1 else "1 thread")
        for number in range(threads):
            self._threads.append(native.start_visible(f"hydra-task-{number}", self._work))
        if not self._is_pool:
            native.start("hydra-tasks-clock", Clock(self._links, self._tasks, wire.STATE_TASK_SCHEDULE).run, self._left)
        self._told_to_drain.wait()
        cancelled = self._drain()
        self._control.goodbye(cancelled)
        del data_links
        if cancelled:
            hard_exit(0)
        return 0

    def _make(self) -> Any:
        """The object that is called. Raises StartError."""
        made = self._application
        if not callable(made):
            return made
        try:
            made = made()
            if inspect.isawaitable(made):
                made = asyncio.run_coroutine_threadsafe(_awaited(made), self._running_loop()).result()
        except BaseException as error:
            raise StartError(wire.FAILURE_FACTORY_RAISED, f'"{self._boot.app}" raised {summarize(error)}.', error) from None
        return made

    # ---- the threads

    def _work(self) -> None:
        runner = Interruptible(self._lock)
        while True:
            try:
                status, number, attempt, _, value = self._links.call((wire.STATE_TASK_TAKE, 0, 0, 0, 0, 0, b"", b""))
            except Exception:
                return  # the server has gone, and the control link sees to the end
            if status != wire.STATUS_DONE:
                return
            kind, is_wanted, name, _, payload = self._codec.unpack_taken(value)
            job = Job(number, attempt, kind, is_wanted, name, payload, runner)
            self._jobs[number] = job
            outcome, result = self._do(job)
            self._jobs.pop(number, None)
            job.done.set()
            try:
                if self._links.call(self._done(job, outcome, result))[0] == wire.STATUS_TOO_LARGE:
                    outcome, result = self._lost_result(job, ValueError("a result may have 64 MiB"))
                    self._links.call(self._done(job, outcome, result))
            except Exception:
                return

    def _do(self, job: Job) -> Tuple[int, bytes]:
        """Runs it: how it went, and what came of it."""
        self._tasks._current.job = job
        job.runner.begin(job)
        databases.close_old()
        try:
            value = self._call(job)
            if job.kind == STREAM or not job.is_wanted:
                return 0, b""
            try:
                return 0, self._codec.pack_value(value)
            except Exception as error:
                return self._lost_result(job, TypeError(f"what {job.name} has returned cannot be pickled: {error}"))
        except BaseException as error:
            timed_out = job.notice == TIMED_OUT
            if isinstance(error, asyncio.CancelledError) and timed_out:
                error = self._errors.TaskTimeout().with_traceback(error.__traceback__)
            error = error.with_traceback(trim(error.__traceback__))
            if job.kind == DEFERRED:
                _log.error("task %d (%s): attempt %d has %s", job.number, job.name, job.attempt, "taken too long" if timed_out else "raised", exc_info=error)
            return 2 if timed_out else 1, self._codec.pack_error(error) if job.is_wanted else b""
        finally:
            job.runner.end()
            databases.close_old()
            self._tasks._current.job = None

    @staticmethod
    def _done(job: Job, outcome: int, result: bytes) -> Any:
        return (wire.STATE_TASK_DONE, 0, job.number, outcome, 0, 0, b"", result)

    def _lost_result(self, job: Job, error: Exception) -> Tuple[int, bytes]:
        """It is done, and its result cannot be sent. Who waits for that hears why; what is deferred is not done again for it."""
        if job.kind != DEFERRED:
            return 1, self._codec.pack_error(error)
        _log.warning("task %d (%s) is done, and what came of it is not kept: %s", job.number, job.name, error)
        return 0, self._codec.pack_value(None)

    def _call(self, job: Job) -> Any:
        call = job.runner.call
        if job.kind == DEFERRED:
            function, args, kwargs = call(self._codec.unpack_function, job.payload)
        else:
            method, args, kwargs = call(self._codec.unpack_call, job.payload)
            function = self._method(method)
        result = call(lambda: function(*args, **kwargs))
        if inspect.isawaitable(result):
            result = self._on_loop(job, _awaited(result))
        if job.kind == STREAM:
            if hasattr(result, "__aiter__"):
                self._on_loop(job, self._send_all(job, result))
            else:
                self._send_each(job, result)
            return None
        if job.kind == CALL and (inspect.isgenerator(result) or inspect.isasyncgen(result)):
            raise TypeError(f"{job.name} yields: it is called with stream(), not with call()")
        return result

    def _method(self, name: str) -> Callable[..., Any]:
        """What is called by this name from other processes: methods that say by theirs that they may be."""
        kind = type(self._object).__name__
        if name.startswith("_"):
            raise AttributeError(f"{kind}.{name} is private: it cannot be called from other processes")
        found = getattr(self._object, name, None)
        if found is None and not hasattr(self._object, name):
            raise AttributeError(f"{kind} has no method {name!r}")
        if not callable(found):
            raise TypeError(f"{kind}.{name} is no method: it is of type {type(found).__name__}")
        return found

    def _send_each(self, job: Job, result: Any) -> None:
        call = job.runner.call
        parts = call(iter, result)
        try:
            while True:
                try:
                    part = call(next, parts)
                except StopIteration:
                    return
                if self._links.call(self._part(job, part))[0] != wire.STATUS_DONE:
                    return  # nobody reads any more
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    async def _send_all(self, job: Job, result: Any) -> None:
        parts = result.__aiter__()
        try:
            async for part in parts:
                if (await self._links.acall(self._part(job, part)))[0] != wire.STATUS_DONE:
                    return
        finally:
            close = getattr(parts, "aclose", None)
            if close is not None:
                await close()

    def _part(self, job: Job, part: Any) -> Any:
        try:
            packed = self._codec.pack_value(part)
        except Exception as error:
            raise TypeError(f"what {job.name} has yielded cannot be pickled: {error}") from error
        return (wire.STATE_TASK_PART, 0, job.number, 0, 0, 0, b"", packed)

    # ---- the event loop

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                from ..eventloop import loops

                loop = self._loop = loops.create("auto" if self._boot.loop == "trio" else self._boot.loop)
                native.start_visible("hydra-tasks-loop", self._run_loop, loop)
        return self._loop

    @staticmethod
    def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()

    def _on_loop(self, job: Job, coroutine: Any) -> Any:
        """What the coroutine returns, while this thread waits."""
        loop = self._running_loop()
        done = native.Event()
        came: List[Any] = [None, None]

        async def run() -> None:
            try:
                if not job.enter_loop(loop, asyncio.current_task()):
                    coroutine.close()
                    raise asyncio.CancelledError()
                came[0] = await coroutine
            except BaseException as error:
                came[1] = error
            finally:
                job.leave_loop()
                done.set()

        running: List[Any] = []
        loop.call_soon_threadsafe(lambda: running.append(loop.create_task(run())))
        done.wait()
        if came[1] is not None:
            raise came[1]
        return came[0]

    # ---- what the front says of tasks that run

    def _hear(self) -> None:
        while True:
            try:
                status, number, notice, _, _ = self._links.call((wire.STATE_TASK_HEAR, 0, 0, 0, 0, 0, b"", b""))
            except Exception:
                return
            job = self._jobs.get(number)
            if status != wire.STATUS_DONE:
                return
            if job is not None:
                self._stop(job, notice)

    def _stop(self, job: Job, notice: int) -> None:
        if notice == TIMED_OUT:
            native.start("hydra-tasks-watch", self._watch, job)
        job.stop(notice, self._errors.TaskTimeout)

    def _watch(self, job: Job) -> None:
        if job.done.wait(_STOP_SECONDS):
            return
        where = stacks.of_thread(job.runner.ident)
        _log.error("task %d (%s) was to stop because its time is over, and goes on: its process is replaced. It is here:\n%s", job.number, job.name, where)
        self._leave()
        until = time.monotonic() + _LEAVE_SECONDS
        for other in list(self._jobs.values()):
            if other is not job:
                other.done.wait(max(0.0, until - time.monotonic()))
        # What it was at is begun again elsewhere, or has failed: the front sees the process end.
        hard_exit(_EXIT_HUNG)

    # ---- the end

    def _leave(self) -> None:
        """Threads that have nothing to do end."""
        self._left.set()
        try:
            self._links.call((wire.STATE_TASK_LEAVE, 0, 0, 0, 0, 0, b"", b""))
        except Exception:
            pass  # the server has gone

    def _drain(self) -> int:
        """Finishes what runs; returns how much was cut off."""
        self._leave()
        until = time.monotonic() + self._grace
        cut = 0
        if not self._await_threads(until):
            running = list(self._jobs.values())
            cut = len(running)
            for job in running:
                logger.warning("task %d (%s) is cut off: the grace is over", job.number, job.name)
                job.stop(TIMED_OUT, self._errors.TaskTimeout)
            self._await_threads(time.monotonic() + _CANCEL_SECONDS)
        close = getattr(self._object, "close", None)
        if self._is_pool and callable(close) and not self._jobs:
            try:
                result = close()
                if inspect.isawaitable(result):
                    asyncio.run_coroutine_threadsafe(_awaited(result), self._running_loop()).result(_CANCEL_SECONDS)
            except BaseException:
                _log.exception("close() of %s has raised", self._boot.app)
        return cut

    def _await_threads(self, until: float) -> bool:
        return all([thread.wait(max(0.0, until - time.monotonic())) for thread in self._threads])

    def drain(self, grace: float) -> None:
        if not self._told_to_drain.is_set():
            self._grace = grace
            self._told_to_drain.set()

    def abandon(self) -> None:
        self.drain(0.0)

    def describe_thread(self, ident: int, frame: FrameType) -> str:
        for job in list(self._jobs.values()):
            if job.runner.ident == ident:
                return f"task {job.number} ({job.name})"
        return ""


async def _awaited(value: Any) -> Any:
    return await value
