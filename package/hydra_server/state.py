"""What the workers of an application share: values that expire, counters, locks, semaphores, rates.

It is kept by the server, in memory, for as long as that runs: it outlives workers, their crashes and reloads; or in a Redis, for several servers (``--state``). Every worker, thread and event loop of the
application sees the same, whatever its interface::

    from hydra_server import state

    state.set("greeting", "hello", timeout=60)
    visits = state.incr("visits")
    with state.lock("report"):
        ...

Each function that waits has an awaitable twin with an ``a`` in front: ``await state.aincr("visits")``, ``async with state.lock("report")``. Names are those
of Django's cache. Keys are text or bytes, values whatever pickle takes; whole numbers of 64 bits can be counted on. One call is done at a time, so each sees
what those before it have done. Times are seconds, None is for ever.

In a process that the server has not started all of it raises ``StateUnavailable``. docs/state.md says what is promised.
"""

import asyncio
import datetime
import math
import operator
import os
import sys
import threading
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

from ._state_codec import decode, encode, key_of
from ._state_errors import LockLost, LockTimeout, NotANumber, StateError, StateFull, StateLost, StateUnavailable, StateUncertain, ValueTooLarge
from ._state_link import Call, Reply, is_available, links

__all__ = [
    "is_available", "Lock", "LockLost", "LockTimeout", "NotANumber", "Rate", "StateError", "StateFull", "StateLost", "StateUnavailable", "StateUncertain",
    "Store", "ValueTooLarge", "Window",
]  # fmt: skip

Key = Union[str, bytes]
# Seconds; None for ever.
Time = Union[float, datetime.timedelta, None]

# Of docs/protocol.md: STATE_…, WITH_…, STATUS_….
_GET, _SET, _DELETE, _ADD, _TOUCH, _CLEAR, _ACQUIRE, _RELEASE, _EXTEND, _ABANDON, _RATE, _WINDOW, _COUNT, _TIME_LEFT = range(1, 15)
_ABSENT, _PRESENT, _VERSION, _NUMBER, _CREATE, _KEEP_TIME = 1, 2, 4, 8, 16, 32
_DONE, _MISSING, _REFUSED, _WRONG_KIND, _FULL, _TOO_LARGE, _OVERFLOW, _TIMED_OUT, _INVALID = range(9)
_EVER = 0xFFFFFFFF
_LONGEST = 100 * 366 * 24 * 3600 * 1000


class Rate(NamedTuple):
    """What a rate limiter says."""

    #: whether it keeps to the limit; then it was counted
    allowed: bool
    #: how many more would, now
    remaining: int
    #: seconds after which to come again; 0.0 where it was allowed, infinity where it never will be
    retry_after: float
    #: seconds until all of the limit is there again
    reset_after: float


class Window(NamedTuple):
    """What a moving window says."""

    allowed: bool
    #: hits within the period that ends now
    count: int
    #: seconds until the oldest of them does not count any more
    reset_after: float


class Store:
    """State whose keys begin with a prefix. That of the module itself has none. Any thread, any event loop."""

    def __init__(self, prefix: Key = "") -> None:
        self._prefix = key_of(b"", prefix)

    # ---- values

    def get(self, key: Key, default: Any = None) -> Any:
        """The value under the key, or the default."""
        return _value(links.call(self._call(_GET, key)), default)

    async def aget(self, key: Key, default: Any = None) -> Any:
        """As ``get``."""
        return _value(await links.acall(self._call(_GET, key)), default)

    def get_many(self, keys: Iterable[Key]) -> Dict[Key, Any]:
        """The values that there are of these keys, asked for at once."""
        names = list(keys)
        return _values(names, links.call_many([self._call(_GET, key) for key in names]))

    async def aget_many(self, keys: Iterable[Key]) -> Dict[Key, Any]:
        """As ``get_many``."""
        names = list(keys)
        return _values(names, await links.acall_many([self._call(_GET, key) for key in names]))

    def set(self, key: Key, value: Any, timeout: Time = None, *, keep_timeout: bool = False) -> None:
        """Puts a value under the key, for so long; a timeout of 0 or less is the end of it. Raises StateFull."""
        _check(links.call(self._set(key, value, timeout, _KEEP_TIME if keep_timeout else 0)))

    async def aset(self, key: Key, value: Any, timeout: Time = None, *, keep_timeout: bool = False) -> None:
        """As ``set``."""
        _check(await links.acall(self._set(key, value, timeout, _KEEP_TIME if keep_timeout else 0)))

    def set_many(self, values: Mapping[Key, Any], timeout: Time = None) -> None:
        """Puts them all, one after the other; others may see some of them before the rest is there."""
        for reply in links.call_many([self._set(key, value, timeout, 0) for key, value in values.items()]):
            _check(reply)

    async def aset_many(self, values: Mapping[Key, Any], timeout: Time = None) -> None:
        """As ``set_many``."""
        for reply in await links.acall_many([self._set(key, value, timeout, 0) for key, value in values.items()]):
            _check(reply)

    def add(self, key: Key, value: Any, timeout: Time = None) -> bool:
        """Puts a value where there is none. Whether it did."""
        if _is_over(timeout):
            return not self.has_key(key)
        return _check(links.call(self._set(key, value, timeout, _ABSENT)))

    async def aadd(self, key: Key, value: Any, timeout: Time = None) -> bool:
        """As ``add``."""
        if _is_over(timeout):
            return not await self.ahas_key(key)
        return _check(await links.acall(self._set(key, value, timeout, _ABSENT)))

    def replace(self, key: Key, value: Any, timeout: Time = None) -> bool:
        """Puts a value where there is one. Whether it did."""
        return _check(links.call(self._set(key, value, timeout, _PRESENT)))

    async def areplace(self, key: Key, value: Any, timeout: Time = None) -> bool:
        """As ``replace``."""
        return _check(await links.acall(self._set(key, value, timeout, _PRESENT)))

    def gets(self, key: Key, default: Any = None) -> Tuple[Any, int]:
        """The value and its version, for ``cas``: 0 where there is none."""
        reply = links.call(self._call(_GET, key))
        return _value(reply, default), reply[2]

    async def agets(self, key: Key, default: Any = None) -> Tuple[Any, int]:
        """As ``gets``."""
        reply = await links.acall(self._call(_GET, key))
        return _value(reply, default), reply[2]

    def cas(self, key: Key, value: Any, version: int, timeout: Time = None) -> bool:
        """Puts a value if nobody has changed what is there since ``gets`` gave this version. Whether it did."""
        return _check(links.call(self._set(key, value, timeout, _VERSION, version)))

    async def acas(self, key: Key, value: Any, version: int, timeout: Time = None) -> bool:
        """As ``cas``."""
        return _check(await links.acall(self._set(key, value, timeout, _VERSION, version)))

    def delete(self, key: Key) -> bool:
        """Takes away what is under the key. Whether there was something."""
        return _check(links.call(self._call(_DELETE, key)))

    async def adelete(self, key: Key) -> bool:
        """As ``delete``."""
        return _check(await links.acall(self._call(_DELETE, key)))

    def delete_many(self, keys: Iterable[Key]) -> int:
        """Takes them all away. How many there were."""
        return sum(map(_check, links.call_many([self._call(_DELETE, key) for key in keys])))

    async def adelete_many(self, keys: Iterable[Key]) -> int:
        """As ``delete_many``."""
        return sum(map(_check, await links.acall_many([self._call(_DELETE, key) for key in keys])))

    def touch(self, key: Key, timeout: Time = None) -> bool:
        """Keeps what is under the key so long from now on. Whether there is something."""
        return _check(links.call(self._touch(key, timeout)))

    async def atouch(self, key: Key, timeout: Time = None) -> bool:
        """As ``touch``."""
        return _check(await links.acall(self._touch(key, timeout)))

    def time_left(self, key: Key) -> Optional[float]:
        """Seconds until the value goes; infinite where it stays, None where there is none."""
        return _time_left(links.call(self._call(_TIME_LEFT, key)))

    async def atime_left(self, key: Key) -> Optional[float]:
        """As ``time_left``."""
        return _time_left(await links.acall(self._call(_TIME_LEFT, key)))

    def has_key(self, key: Key) -> bool:
        """Whether there is something under the key."""
        return links.call(self._call(_GET, key))[0] == _DONE

    async def ahas_key(self, key: Key) -> bool:
        """As ``has_key``."""
        return (await links.acall(self._call(_GET, key)))[0] == _DONE

    def get_or_set(self, key: Key, default: Any, timeout: Time = None) -> Any:
        """The value under the key; where there is none, the default, or what it gives when it is called, is put there first."""
        reply = links.call(self._call(_GET, key))
        if reply[0] == _DONE:
            return _value(reply, None)
        value = default() if callable(default) else default
        return value if self.add(key, value, timeout) else self.get(key, value)

    async def aget_or_set(self, key: Key, default: Any, timeout: Time = None) -> Any:
        """As ``get_or_set``; what the default gives may be awaitable."""
        reply = await links.acall(self._call(_GET, key))
        if reply[0] == _DONE:
            return _value(reply, None)
        value = default() if callable(default) else default
        if hasattr(value, "__await__"):
            value = await value
        return value if await self.aadd(key, value, timeout) else await self.aget(key, value)

    def clear(self) -> int:
        """Takes away all values, rates and windows of this store; not its locks. How many there were."""
        return sum(reply[1] for reply in links.call_many(self._clear()))

    async def aclear(self) -> int:
        """As ``clear``."""
        return sum(reply[1] for reply in await links.acall_many(self._clear()))

    def count(self) -> int:
        """How many values there are; it looks at all of them."""
        return links.call((_COUNT, 0, 0, 0, 0, 0, self._prefix, b""))[1]

    async def acount(self) -> int:
        """As ``count``."""
        return (await links.acall((_COUNT, 0, 0, 0, 0, 0, self._prefix, b"")))[1]

    # ---- counters

    def incr(
        self, key: Key, delta: int = 1, *, initial: Optional[int] = 0, timeout: Time = None, once: Optional[Key] = None
    ) -> int:
        """Adds to the number under the key, and gives the sum.

        Args:
            initial: what it begins with where there is nothing; None raises KeyError then.
            timeout: how long a number is kept that is new. One that is there keeps its time.
            once: an idempotency key: the call is done once, and another with the same key gives what that gave. It is remembered for ten minutes, or for
                the timeout where that is longer.

        Raises:
            NotANumber: there is something else. OverflowError: the sum has more than 64 bits. StateFull.
        """
        return _sum(key, links.call(self._add(key, delta, initial, timeout, once)))

    async def aincr(
        self, key: Key, delta: int = 1, *, initial: Optional[int] = 0, timeout: Time = None, once: Optional[Key] = None
    ) -> int:
        """As ``incr``."""
        return _sum(key, await links.acall(self._add(key, delta, initial, timeout, once)))

    def decr(
        self, key: Key, delta: int = 1, *, initial: Optional[int] = 0, timeout: Time = None, once: Optional[Key] = None
    ) -> int:
        """As ``incr``, the other way."""
        return self.incr(key, -delta, initial=initial, timeout=timeout, once=once)

    async def adecr(
        self, key: Key, delta: int = 1, *, initial: Optional[int] = 0, timeout: Time = None, once: Optional[Key] = None
    ) -> int:
        """As ``incr``, the other way."""
        return await self.aincr(key, -delta, initial=initial, timeout=timeout, once=once)

    # ---- locks and rates

    def lock(self, name: Key, *, lease: Time = 60.0, timeout: Time = None) -> "Lock":
        """A lock that one holder in all workers has at a time: ``with state.lock("x"):`` or ``async with``. See ``Lock``."""
        return Lock(self, name, 1, lease, timeout)

    def semaphore(self, name: Key, places: int, *, lease: Time = 60.0, timeout: Time = None) -> "Lock":
        """As ``lock``, for so many holders at a time."""
        if places < 1:
            raise ValueError("a semaphore has at least one place")
        return Lock(self, name, places, lease, timeout)

    def rate(self, name: Key, limit: int, period: Union[float, datetime.timedelta] = 1.0, *, cost: int = 1) -> Rate:
        """Counts a hit, or as many as it costs, if that keeps to the limit for each period, as a bucket that fills evenly. With a cost of 0 it only asks."""
        return _rate(links.call(self._hit(_RATE, name, limit, period, cost)))

    async def arate(self, name: Key, limit: int, period: Union[float, datetime.timedelta] = 1.0, *, cost: int = 1) -> Rate:
        """As ``rate``."""
        return _rate(await links.acall(self._hit(_RATE, name, limit, period, cost)))

    def window(self, name: Key, limit: int, period: Union[float, datetime.timedelta], *, cost: int = 1) -> Window:
        """Counts a hit if there were fewer than the limit in the period that ends now, exactly: each is remembered. With a cost of 0 it only asks."""
        return _window(links.call(self._hit(_WINDOW, name, limit, period, cost)))

    async def awindow(self, name: Key, limit: int, period: Union[float, datetime.timedelta], *, cost: int = 1) -> Window:
        """As ``window``."""
        return _window(await links.acall(self._hit(_WINDOW, name, limit, period, cost)))

    def reset(self, name: Key) -> None:
        """Forgets what ``rate`` and ``window`` have counted under this name."""
        links.call_many([self._call(_DELETE, name, space) for space in (_RATE, _WINDOW)])

    async def areset(self, name: Key) -> None:
        """As ``reset``."""
        await links.acall_many([self._call(_DELETE, name, space) for space in (_RATE, _WINDOW)])

    # ---- calls

    def _clear(self) -> List[Call]:
        return [(_CLEAR, 0, space, 0, 0, 0, self._prefix, b"") for space in (0, _RATE, _WINDOW)]

    def _call(self, operation: int, key: Key, number: int = 0, other: int = 0, milliseconds: int = 0, wait: int = 0) -> Call:
        return operation, 0, number, other, milliseconds, wait, key_of(self._prefix, key), b""

    def _set(self, key: Key, value: Any, timeout: Time, options: int, version: int = 0) -> Call:
        if _is_over(timeout):
            return _DELETE, options, 0, version, 0, 0, key_of(self._prefix, key), b""
        is_number, number, data = encode(value)
        if is_number:
            options |= _NUMBER
        return _SET, options, number, version, _milliseconds(timeout), 0, key_of(self._prefix, key), data

    def _touch(self, key: Key, timeout: Time) -> Call:
        if _is_over(timeout):
            return self._call(_DELETE, key)
        return self._call(_TOUCH, key, milliseconds=_milliseconds(timeout))

    def _add(self, key: Key, delta: int, initial: Optional[int], timeout: Time, once: Optional[Key]) -> Call:
        options = _KEEP_TIME if initial is None else _KEEP_TIME | _CREATE
        for number in (operator.index(delta), operator.index(initial or 0)):
            if not -(1 << 63) <= number < 1 << 63:
                raise OverflowError("%d has more than 64 bits" % number)
        token = b"" if once is None else key_of(self._prefix, once) + b"\0" + key_of(b"", key)
        return _ADD, options, initial or 0, delta, _milliseconds(timeout), 0, key_of(self._prefix, key), token

    def _hit(self, operation: int, name: Key, limit: int, period: Union[float, datetime.timedelta], cost: int) -> Call:
        limit, cost, seconds = operator.index(limit), operator.index(cost), _seconds(period, "a period")
        if seconds is None or not seconds > 0 or cost < 0:
            raise ValueError("a period is longer than 0, a cost 0 or more")
        most = 1_000_000 if operation == _WINDOW else 1 << 53
        if not 1 <= limit <= most or cost > most:
            raise ValueError("a limit is from 1 to %d, and a cost no more" % most)
        return self._call(operation, name, cost, limit, _milliseconds(seconds))


class Lock:
    """A lock, or a place in a semaphore, among all workers.

    Who waits gets it in the order of coming. It is free again when it is released, when its lease is over, or when the process that holds it has
    ended, in whatever way, at once. While it is held ``token`` is its fencing token: larger than all before, so that what is written with a smaller one can be
    told from what is late.

    ``with`` and ``async with`` raise LockTimeout where it is not to be had within ``timeout``, and LockLost in the end where the lease was over. An object may be
    used by any number of tasks and threads, and again.
    """

    def __init__(self, store: Store, name: Key, places: int, lease: Time, timeout: Time) -> None:
        self._store = store
        self._name = name
        self._places = operator.index(places)
        self._lease = _seconds(lease, "a lease")
        self._timeout = _seconds(timeout, "a timeout")
        if self._lease is not None and self._lease <= 0:
            raise ValueError("a lease is longer than 0, or None for ever")
        # By the task or the thread that holds it, and the process: a child that was forked holds nothing of its parent's.
        self._tokens: Dict[Tuple[int, Any], int] = {}

    @property
    def token(self) -> Optional[int]:
        """The fencing token, where this task or thread holds it; else None."""
        return self._tokens.get(_holder())

    def acquire(self, timeout: Time = None, *, blocking: bool = True) -> bool:
        """Waits for it: so long, or as long as it takes. Whether it is held now."""
        return self._acquired(links.call(self._acquire(timeout, blocking)))

    async def aacquire(self, timeout: Time = None, *, blocking: bool = True) -> bool:
        """As ``acquire``."""
        return self._acquired(await links.acall(self._acquire(timeout, blocking)))

    def release(self) -> None:
        """Gives it back. Raises LockLost where the lease was over."""
        call = self._release()
        if call is not None:
            self._released(links.call(call))

    async def arelease(self) -> None:
        """As ``release``."""
        call = self._release()
        if call is not None:
            self._released(await links.acall(call))

    def extend(self, lease: Time = None) -> None:
        """Has the lease last so long from now on; as long as it was given, where nothing is said. Raises LockLost where it was over."""
        self._extended(links.call(self._extend(lease)))

    async def aextend(self, lease: Time = None) -> None:
        """As ``extend``."""
        self._extended(await links.acall(self._extend(lease)))

    def __enter__(self) -> "Lock":
        if not self.acquire(self._timeout):
            raise LockTimeout("the lock %r was not to be had in %s s" % (self._name, self._timeout))
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            self.release()
        except (LockLost, StateUnavailable):
            # Not in the place of what the block has raised.
            if error is None:
                raise

    async def __aenter__(self) -> "Lock":
        if not await self.aacquire(self._timeout):
            raise LockTimeout("the lock %r was not to be had in %s s" % (self._name, self._timeout))
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            await self.arelease()
        except (LockLost, StateUnavailable):
            if error is None:
                raise

    def _acquire(self, timeout: Time, blocking: bool) -> Call:
        if _holder() in self._tokens:
            raise StateError("the lock %r is held here already, and would be waited for without end" % (self._name,))
        seconds = _seconds(timeout, "a timeout")
        wait = 0 if not blocking else _EVER if seconds is None else math.ceil(min(max(0, seconds * 1000), _EVER - 1))
        return self._store._call(_ACQUIRE, self._name, self._places, 0, _milliseconds(self._lease), wait)

    def _acquired(self, reply: Reply) -> bool:
        if reply[0] == _TIMED_OUT:
            return False
        _check(reply)
        self._tokens[_holder()] = reply[1]
        return True

    def _release(self) -> Optional[Call]:
        holder = self._find_holder()
        token = self._tokens.pop(holder)
        if holder[0] != os.getpid():
            return None  # the parent's, which has not given it back
        return self._store._call(_RELEASE, self._name, 0, token)

    def _released(self, reply: Reply) -> None:
        if reply[0] == _MISSING:
            raise LockLost("the lease of the lock %r was over before it was given back" % (self._name,))
        _check(reply)

    def _extend(self, lease: Time) -> Call:
        token = self._tokens[self._find_holder()]
        return self._store._call(_EXTEND, self._name, 0, token, _milliseconds(self._lease if lease is None else lease))

    def _extended(self, reply: Reply) -> None:
        if reply[0] == _MISSING:
            self._tokens.pop(self._find_holder())
            raise LockLost("the lease of the lock %r was over" % (self._name,))
        _check(reply)

    def _find_holder(self) -> Tuple[int, Any]:
        """This task or thread; where another one has got it that is the only holder, that one, which has handed it over."""
        holder = _holder()
        if holder in self._tokens:
            return holder
        if len(self._tokens) == 1:
            return next(iter(self._tokens))
        raise StateError("the lock %r is not held here" % (self._name,))


def _holder() -> Tuple[int, Any]:
    """Who is asking: the process, and its task, or its thread (with gevent its greenlet)."""
    try:
        task: Any = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is None and "trio" in sys.modules:
        try:
            task = sys.modules["trio"].lowlevel.current_task()
        except RuntimeError:
            pass
    return os.getpid(), threading.get_ident() if task is None else id(task)


def _seconds(time: Any, what: str) -> Optional[float]:
    """A time as a number; also of a timedelta. Raises TypeError or ValueError for what is none."""
    if time is None or type(time) in (int, float) and time == time:
        return time
    if isinstance(time, datetime.timedelta):
        return time.total_seconds()
    try:
        seconds = time + 0.0
    except TypeError:
        raise TypeError("%s is a number of seconds, a timedelta, or None for ever, and not %r" % (what, time)) from None
    if seconds != seconds:
        raise ValueError("%s is a number of seconds, and not %r" % (what, time))
    return float(seconds)


def _is_over(timeout: Any) -> bool:
    """Whether what is given that time is gone at once."""
    seconds = _seconds(timeout, "a timeout")
    return seconds is not None and seconds <= 0


def _milliseconds(timeout: Any, what: str = "a timeout") -> int:
    seconds = _seconds(timeout, what)
    if seconds is None:
        return 0
    return max(1, math.ceil(min(seconds * 1000, _LONGEST)))


def _check(reply: Reply) -> bool:
    status = reply[0]
    if status == _DONE:
        return True
    if status in (_MISSING, _REFUSED):
        return False
    if status == _FULL:
        raise StateFull(reply[4].decode() or "there is no room in the shared state (--state-memory, --state-eviction lru)")
    if status == _TOO_LARGE:
        raise ValueTooLarge("the value is larger than one of the shared state may be: 64 MiB, or --state-memory")
    if status == _WRONG_KIND:
        raise NotANumber("what is under the key is no number")
    if status == _OVERFLOW:
        raise OverflowError("the sum has more than 64 bits")
    raise StateError("the server makes no sense of the call (%d)" % status)


def _value(reply: Reply, default: Any) -> Any:
    if reply[0] != _DONE:
        _check(reply)
        return default
    return reply[1] if reply[3] else decode(reply[4])


def _values(keys: List[Key], replies: List[Reply]) -> Dict[Key, Any]:
    return {key: _value(reply, None) for key, reply in zip(keys, replies) if reply[0] == _DONE}


def _time_left(reply: Reply) -> Optional[float]:
    if not _check(reply):
        return None
    return math.inf if reply[1] < 0 else reply[1] / 1000


def _sum(key: Key, reply: Reply) -> int:
    if not _check(reply):
        raise KeyError(key)
    return reply[1]


def _rate(reply: Reply) -> Rate:
    allowed = _check(reply)
    seconds = math.inf if reply[2] < 0 else reply[2] / 1000
    return Rate(allowed, reply[1], 0.0 if allowed else seconds, seconds)


def _window(reply: Reply) -> Window:
    return Window(_check(reply), reply[1], reply[2] / 1000)


_default = Store()
get, aget = _default.get, _default.aget
get_many, aget_many = _default.get_many, _default.aget_many
set, aset = _default.set, _default.aset
set_many, aset_many = _default.set_many, _default.aset_many
add, aadd = _default.add, _default.aadd
replace, areplace = _default.replace, _default.areplace
gets, agets = _default.gets, _default.agets
cas, acas = _default.cas, _default.acas
delete, adelete = _default.delete, _default.adelete
delete_many, adelete_many = _default.delete_many, _default.adelete_many
touch, atouch = _default.touch, _default.atouch
time_left, atime_left = _default.time_left, _default.atime_left
has_key, ahas_key = _default.has_key, _default.ahas_key
get_or_set, aget_or_set = _default.get_or_set, _default.aget_or_set
clear, aclear = _default.clear, _default.aclear
count, acount = _default.count, _default.acount
incr, aincr = _default.incr, _default.aincr
decr, adecr = _default.decr, _default.adecr
lock = _default.lock
semaphore = _default.semaphore
rate, arate = _default.rate, _default.arate
window, awindow = _default.window, _default.awindow
reset, areset = _default.reset, _default.areset
