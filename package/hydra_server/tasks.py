"""Work that other processes do: behind the response, in a pool that has loaded a model, or by the clock.

::

    from hydra_server import defer, pool, every, cron

    defer(send_mail, order.id)                             # some time soon, in a process of its own; again where it fails
    answer = pool("model").call("predict", text)           # --task-pool model=shop.models:Model
    async for token in pool("model").astream("generate", prompt): ...

    @cron("0 3 * * *", tz="Europe/Paris")
    def clean_up(): ...

Each call has an awaitable twin with an ``a`` in front, for asyncio, uvloop and trio. docs/tasks.md says what is promised. It is no replacement for Celery: what waits is
in the memory of the server.
"""

import asyncio
import datetime
import math
import threading
from typing import Any, AsyncIterator, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from . import _task_codec as codec
from ._cron import Cron
from ._state_errors import StateUnavailable
from ._state_link import Call, Reply, is_available, links, running_loop, worker
from ._task_errors import (
    NoSuchPool,
    PoolCrashed,
    PoolError,
    PoolTimeout,
    QueueFull,
    RemoteTraceback,
    TaskError,
    TasksUnavailable,
    TaskTimeout,
)

__all__ = [
    "Deferral",
    "NoSuchPool",
    "Pool",
    "PoolCrashed",
    "PoolError",
    "PoolTimeout",
    "QueueFull",
    "RemoteTraceback",
    "TaskError",
    "TaskStatus",
    "TaskTimeout",
    "TasksUnavailable",
    "adefer",
    "afind",
    "cancelled",
    "cron",
    "defer",
    "every",
    "find",
    "is_available",
    "pool",
]

# Of docs/protocol.md: STATE_TASK_…, STATUS_….
_CALL, _NEXT, _CANCEL, _DEFER, _FIND, _SCHEDULE = 29, 30, 31, 37, 38, 39
_DONE, _MISSING, _FULL, _TOO_LARGE, _TIMED_OUT, _LOST = 0, 1, 4, 5, 7, 12
_STREAM, _IDEMPOTENT = 1, 2
# Waits for ever; and, as a time for a task, has none.
_ENDLESS = (1 << 32) - 1
_LONGEST_KEY = 1024
_STATES = ("queued", "running", "done", "failed")

# What the thread is at, in a process that does tasks.
_current = threading.local()


class TaskStatus(NamedTuple):
    """How a task is that was deferred with ``keep``."""

    # The text that `defer` has returned.
    id: str
    # "queued" (also for its time, or the next attempt), "running", "done", "failed".
    state: str
    # How often it was begun.
    attempts: int
    # In UTC; None where that has not happened yet. The start is that of the last attempt.
    queued: datetime.datetime
    started: Optional[datetime.datetime]
    ended: Optional[datetime.datetime]
    # What it has returned, once it is done.
    result: Any
    # What it has raised, once it has failed; a PoolCrashed where its process has ended.
    error: Optional[BaseException]


class _Options(NamedTuple):
    retries: int = 3
    timeout: Optional[float] = None
    delay: float = 0
    key: Optional[str] = None
    priority: int = 0
    keep: float = 0
    backoff: float = 1
    outside: str = "local"


class Deferral:
    """What `defer` is: call it with a function and its arguments, or say with ``options()`` how."""

    _options: "_Options"

    def __init__(self, options: "Optional[_Options]" = None) -> None:
        self._options = options or _Options()

    def options(self, **options: Any) -> Any:
        """The same with other options:

        - ``retries``: how often it is begun once more where it raises, takes too long or its process ends; 3, at most 65535. 0: it is begun once at most.
        - ``timeout``: seconds that it may take, each time; None for what ``--task-timeout`` says, 0 for ever.
        - ``delay``: seconds until it may begin, 0 at the least; or the ``datetime`` when.
        - ``key``: text of up to 1024 bytes. While a task with the same key waits or runs this one is not taken, and the other one's id is returned.
        - ``priority``: higher ones are begun first; 0, between -32768 and 32767.
        - ``keep``: seconds for which ``find()`` knows what came of it; 0 for nothing. The last 10,000 are kept, and no more than have ``--task-queue-bytes``.
        - ``backoff``: seconds until it is begun once more, twice as many each further time, up to 5 minutes; 1.
        - ``outside``: what happens in a process that is no worker, as `manage.py` and tests are: "local" calls the function at once, "error" raises TasksUnavailable.

        Raises TypeError and ValueError for what makes no sense.
        """
        unknown = set(options) - set(_Options._fields)
        if unknown:
            raise TypeError("there is no option %s; there are %s" % (", ".join(sorted(unknown)), ", ".join(_Options._fields)))
        changed = self._options._replace(**options)
        _check(changed)
        return type(self)(changed)

    def __call__(self, function: "Callable[..., Any]", *args: Any, **kwargs: Any) -> str:
        """Has this function called in a process of its own, some time soon: at least once, and again where it fails.

        From the moment that this returns the server has it, and it outlives this worker. It may begin before the response is through. Returns its id. The function, of a module and no
        lambda, may be a coroutine function; its arguments are pickled. Raises QueueFull; TypeError for what another process could not call; ValueError for more than 64 MiB.
        """
        payload = codec.pack_function(function, args, kwargs)
        if not is_available():
            return _call_here(self._options, function, args, kwargs)
        return _deferred(links.call(_defer_call(self._options, codec.name_of(function), payload)))


class AsyncDeferral(Deferral):
    """What `adefer` is: as `defer`, awaited."""

    async def __call__(self, function: "Callable[..., Any]", *args: Any, **kwargs: Any) -> str:  # type: ignore[override]
        payload = codec.pack_function(function, args, kwargs)
        if not is_available():
            _check_outside(self._options)
            value = function(*args, **kwargs)
            if hasattr(value, "__await__"):
                await value
            return ""
        return _deferred(await links.acall(_defer_call(self._options, codec.name_of(function), payload)))


defer = Deferral()
adefer = AsyncDeferral()


def find(id: str) -> Optional[TaskStatus]:
    """How a task is that was deferred with ``keep``; None where it is not known (any more). Raises TasksUnavailable in a process that is no worker."""
    return _found(id, links.call(_find_call(id)))


async def afind(id: str) -> Optional[TaskStatus]:
    """As ``find``."""
    return _found(id, await links.acall(_find_call(id)))


def cancelled() -> bool:
    """Within a plain function that runs as a task: whether nobody wants it any more, because its caller has left or its time is over. It may go on, or return."""
    job = getattr(_current, "job", None)
    return job is not None and job.is_cancelled


class Pool:
    """The processes of a ``--task-pool``: each has one object of its class, whose methods are called from any worker."""

    def __init__(self, name: str, timeout: Optional[float] = None, idempotent: bool = False) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError("a pool has a name, and %r is none" % (name,))
        self.name = name
        self._milliseconds = _milliseconds(timeout)
        self._idempotent = bool(idempotent)

    def __repr__(self) -> str:
        return "pool(%r)" % self.name

    def options(self, *, timeout: Optional[float] = None, idempotent: bool = False) -> "Pool":
        """The same with other options: see `pool`."""
        return Pool(self.name, timeout, idempotent)

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What the method returns. A coroutine function is awaited there.

        What it raises is raised here, with its traceback as ``__cause__``; what cannot be pickled as a PoolError. Raises PoolTimeout; PoolCrashed where the process has ended, unless the
        call is idempotent and was done by another one; QueueFull; NoSuchPool; AttributeError for a method that is not there or begins with ``_``.
        """
        return self._result(links.call(self._call(0, method, args, kwargs)))

    async def acall(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """As ``call``. When its task is cancelled, the call is: a coroutine there gets CancelledError, a plain function may ask ``cancelled()``."""
        return self._result(await links.acall(self._call(0, method, args, kwargs)))

    def stream(self, method: str, *args: Any, **kwargs: Any) -> "Iterator[Any]":
        """What the method yields, one after the other, as it comes: a generator, an asynchronous one, or whatever it returns that can be iterated over.

        Where nobody reads it waits, when some 256 KiB are ahead. Closing the iterator stops it: GeneratorExit at its next ``yield``. Raises as ``call``.
        """
        call = self._call(_STREAM, method, args, kwargs)
        return self._stream(call)

    def astream(self, method: str, *args: Any, **kwargs: Any) -> "AsyncIterator[Any]":
        """As ``stream``, for ``async for``."""
        call = self._call(_STREAM, method, args, kwargs)
        return self._astream(call)

    def _stream(self, call: Call) -> "Iterator[Any]":
        job = self._begun(links.call(call))
        is_over = False
        try:
            while not is_over:
                reply = links.call(_next_call(job))
                is_over = reply[0] != _DONE or reply[1] != 0
                if is_over:
                    self._end(reply)
                for part in codec.split_parts(reply[4]) if not is_over else ():
                    yield codec.unpack_value(part)
        finally:
            if not is_over:
                links.call(_cancel_call(job))

    async def _astream(self, call: Call) -> "AsyncIterator[Any]":
        reading = _Reading(self._begun(await links.acall(call)))
        try:
            while not reading.is_over:
                reading.watch_task()
                reply = await links.acall(_next_call(reading.job))
                reading.is_over = reply[0] != _DONE or reply[1] != 0
                if reading.is_over:
                    self._end(reply)
                for part in codec.split_parts(reply[4]) if not reading.is_over else ():
                    yield codec.unpack_value(part)
            if reading.is_left:
                raise TaskError("the task that has read this stream was cancelled or has failed, and the stream with it")
        finally:
            if not reading.is_over:
                reading.is_over = True
                loop = running_loop()
                if loop is None:
                    await links.acall(_cancel_call(reading.job))
                else:
                    # Its task may be cancelled: nothing is awaited any more.
                    links.say(loop, _cancel_call(reading.job))

    def _call(self, kind: int, method: str, args: Any, kwargs: Any) -> Call:
        if not isinstance(method, str):
            raise TypeError("the name of a method is needed, not %s" % type(method).__name__)
        if not is_available():
            raise TasksUnavailable("pool(%r) can be called in the workers of Hydra, and this process is none: it was not started by the server" % self.name)
        number = kind | (_IDEMPOTENT if self._idempotent else 0)
        return (_CALL, 0, number, 0, self._milliseconds, _ENDLESS, self.name.encode(), codec.pack_call(method, args, kwargs))

    def _begun(self, reply: Reply) -> int:
        self._check(reply)
        return reply[1]

    def _end(self, reply: Reply) -> None:
        self._check(reply)
        if reply[1] == 2:
            raise codec.unpack_error(reply[4])

    def _result(self, reply: Reply) -> Any:
        self._check(reply)
        if reply[1]:
            raise codec.unpack_error(reply[4])
        return codec.unpack_value(reply[4])

    def _check(self, reply: Reply) -> None:
        status = reply[0]
        if status == _DONE:
            return
        if status == _MISSING:
            raise NoSuchPool("there is no pool %r: the server is started with --task-pool %s=MODULE:CLASS" % (self.name, self.name))
        if status == _FULL:
            raise QueueFull("as many calls of the pool %r wait as may (queue-size, queue-bytes)" % self.name)
        if status == _TIMED_OUT:
            raise PoolTimeout("the time for the call of the pool %r is over%s" % (self.name, ", and it was not begun" if reply[1] else ""))
        if status == _LOST:
            raise PoolCrashed("the process of the pool %r that did the call has ended" % self.name)
        if status == _TOO_LARGE:
            raise ValueError("the arguments of a call may have 64 MiB")
        raise TaskError("the server does not understand the call (status %d)" % status)


class _Reading:
    """A stream that is read on an event loop. When the task that reads it is cancelled or raises, nobody reads any more, also where the iterator is only left lying about."""

    def __init__(self, job: int) -> None:
        self.job = job
        self.is_over = False
        self.is_left = False
        self._task: "Optional[asyncio.Task[Any]]" = None

    def watch_task(self) -> None:
        """The running task reads it from now on."""
        loop = running_loop()
        task = asyncio.current_task() if loop is not None else None
        if task is None or task is self._task:
            return

        def stop(task: "asyncio.Task[Any]") -> None:
            if not self.is_over and (task.cancelled() or task.exception() is not None):
                self.is_over = self.is_left = True
                links.say(task.get_loop(), _cancel_call(self.job))

        self._task = task
        task.add_done_callback(stop)


def pool(name: str, *, timeout: Optional[float] = None, idempotent: bool = False) -> Pool:
    """The pool that the server has by this name: ``--task-pool NAME=MODULE:CLASS``.

    ``timeout``: seconds for a call, its wait and for a stream all of it; None for what the pool's ``request-timeout`` says, 0 for ever. ``idempotent``: where the process ends, the call is
    done once more by another one; a stream only before its first part. Asks nobody: a pool that is not there is noticed by the call.
    """
    return Pool(name, timeout, idempotent)


class Schedule(NamedTuple):
    """A function that is called by the clock."""

    name: str
    function: "Callable[..., Any]"
    # Seconds, or 0 where it is a Cron.
    seconds: float
    cron: Optional[Cron]
    timeout: Optional[float]


# By their names, in this process.
_schedules: "Dict[str, Schedule]" = {}


def every(seconds: float, *, timeout: Optional[float] = None) -> "Callable[[Any], Any]":
    """Has the decorated function called each so many seconds, once for all workers, without arguments: the first time so many seconds after the server has begun.

    At least 0.1 seconds. ``timeout`` as in ``defer.options``. A turn is left out while the one before it runs; one that fails is not begun again before the next turn. The function must be
    one of a module that the application imports.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0.1 <= seconds <= 366 * 86400:
        raise ValueError("seconds are 0.1 at the least and a year at most, not %r" % (seconds,))
    return lambda function: _schedule(Schedule(_schedule_name(function), function, float(seconds), None, timeout))


def cron(text: str, *, tz: Any = None, timeout: Optional[float] = None) -> "Callable[[Any], Any]":
    """Has the decorated function called at these times, once for all workers, without arguments: ``cron("*/5 * * * *")``.

    Five fields as crontab(5) has them. ``tz``: the name of a time zone (Python 3.9 and newer), or a tzinfo; None for UTC. What was due while no server ran is not made up for. Otherwise as
    ``every``. Raises ValueError.
    """
    times = Cron(text, tz)
    return lambda function: _schedule(Schedule(_schedule_name(function), function, 0, times, timeout))


def _schedule_name(function: Any) -> str:
    if not callable(function):
        raise TypeError("a function is decorated with a schedule, not %s" % type(function).__name__)
    name = codec.name_of(function)
    if "<" in name:
        raise TypeError("%s cannot be called by the clock: it must be a function of a module, no lambda and no function within another one" % name)
    return name


def _schedule(schedule: Schedule) -> Any:
    _milliseconds(schedule.timeout)
    is_first = not _schedules
    _schedules[schedule.name] = schedule
    if is_first and is_available():
        worker().when_serving(_tell_server)
    return schedule.function


def _tell_server() -> None:
    """This worker serves requests: a process is to be there that says when its functions are to be called."""
    threading.Thread(target=_tell, name="hydra-schedules", daemon=True).start()


def _tell() -> None:
    try:
        links.call((_SCHEDULE, 0, 0, 0, 0, 0, b"", len(_schedules).to_bytes(2, "little")))
    except StateUnavailable:
        pass  # a server of another kind, or one that ends


def schedules() -> "List[Schedule]":
    """Those that the application has, in this process."""
    return list(_schedules.values())


def _check(options: _Options) -> None:
    if isinstance(options.retries, bool) or not isinstance(options.retries, int) or not 0 <= options.retries <= 0xFFFF:
        raise ValueError("retries is a whole number from 0 to 65535, not %r" % (options.retries,))
    if isinstance(options.priority, bool) or not isinstance(options.priority, int) or not -0x8000 <= options.priority <= 0x7FFF:
        raise ValueError("priority is a whole number from -32768 to 32767, not %r" % (options.priority,))
    if options.outside not in ("local", "error"):
        raise ValueError('outside is "local" or "error", not %r' % (options.outside,))
    _milliseconds(options.timeout)
    _delay(options.delay)
    _seconds("keep", options.keep)
    _seconds("backoff", options.backoff)
    _key(options.key)


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 366 * 86400:
        raise ValueError("%s is 0 seconds at the least and a year at most, not %r" % (name, value))
    return float(value)


def _delay(delay: Any) -> int:
    if isinstance(delay, datetime.datetime):
        delay = max(0.0, delay.timestamp() - datetime.datetime.now().timestamp())
    return math.ceil(_seconds("delay", delay) * 1000)


def _milliseconds(timeout: Optional[float]) -> int:
    """0 is what the server has."""
    if timeout is None:
        return 0
    seconds = 0.0 if timeout == math.inf else _seconds("timeout", timeout)
    return min(math.ceil(seconds * 1000), _ENDLESS - 1) or _ENDLESS


def _key(key: Optional[str]) -> bytes:
    if key is None:
        return b""
    if not isinstance(key, str) or not key or len(key.encode()) > _LONGEST_KEY:
        raise ValueError("a key is text of 1 to %d bytes, not %r" % (_LONGEST_KEY, key))
    return key.encode()


def _defer_call(options: _Options, name: str, payload: bytes) -> Call:
    keep, backoff = math.ceil(options.keep), math.ceil(options.backoff * 1000)
    value = codec.pack_defer(name, payload, _milliseconds(options.timeout), options.retries, options.priority, keep, min(backoff, _ENDLESS))
    return (_DEFER, 0, 0, 0, _delay(options.delay), 0, _key(options.key), value)


def _next_call(job: int) -> Call:
    return (_NEXT, 0, job, 0, 0, _ENDLESS, b"", b"")


def _cancel_call(job: int) -> Call:
    return (_CANCEL, 0, job, 0, 0, 0, b"", b"")


def _find_call(id: str, with_payload: bool = False) -> Call:
    if not is_available():
        raise TasksUnavailable("tasks are known in the workers of Hydra, and this process is none: it was not started by the server")
    number = int(id) if isinstance(id, str) and id.isascii() and id.isdigit() and len(id) <= 19 else 0
    return (_FIND, 0, number, int(with_payload), 0, 0, b"", b"")


def _deferred(reply: Reply) -> str:
    if reply[0] == _DONE:
        return str(reply[1])
    if reply[0] == _FULL:
        raise QueueFull("as many tasks wait as may (--task-queue-size, --task-queue-bytes)")
    if reply[0] == _TOO_LARGE:
        raise ValueError("a task may have 64 MiB of arguments")
    raise TaskError("the server does not understand the task (status %d)" % reply[0])


def _found(id: str, reply: Reply) -> Optional[TaskStatus]:
    return _status(id, reply, reply[4][24:]) if reply[0] == _DONE else None


def _found_whole(id: str, reply: Reply) -> "Tuple[bytes, Optional[TaskStatus]]":
    """The payload, too, where it was asked for."""
    if reply[0] != _DONE:
        return b"", None
    value = reply[4]
    end = 28 + int.from_bytes(value[24:28], "little")
    return value[28:end], _status(id, reply, value[end:])


def _status(id: str, reply: Reply, came: bytes) -> TaskStatus:
    state, value = min(reply[1], 3), reply[4]
    queued, started, ended = (_time(int.from_bytes(value[at : at + 8], "little")) for at in (0, 8, 16))
    result, error = None, None
    if state == 2:
        result = codec.unpack_value(came)
    elif state == 3:
        error = codec.unpack_error(came) if came else PoolCrashed("the process of the task has ended")
    assert queued is not None
    return TaskStatus(id, _STATES[state], reply[2], queued, started, ended if state > 1 else None, result, error)


def _time(milliseconds: int) -> Optional[datetime.datetime]:
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc) if milliseconds else None


def _check_outside(options: _Options) -> None:
    if options.outside == "error":
        raise TasksUnavailable("functions are deferred in the workers of Hydra, and this process is none: it was not started by the server")


def _call_here(options: _Options, function: Any, args: Any, kwargs: Any) -> str:
    """In a process that is no worker: at once, and what it raises is raised."""
    _check_outside(options)
    value = function(*args, **kwargs)
    if hasattr(value, "__await__"):

        async def wait() -> Any:
            return await value

        asyncio.run(wait())
    return ""
