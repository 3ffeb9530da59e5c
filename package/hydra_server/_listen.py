"""Code of a worker that gets what is published: the messages wait in the server, and are taken as many at once as there are."""

import asyncio
import contextlib
import itertools
import json
import math
import os
import time
from collections import deque
from typing import Any, AsyncIterator, Deque, Iterator, List, NamedTuple, Optional, Union

from ._pubsub_codec import check, name_of, policy_of, queue_of, read_messages
from ._state_errors import StateError, TooSlow
from ._state_link import Call, Reply, links

_SUBSCRIBE, _UNSUBSCRIBE, _TAKE = 16, 17, 18
_EVENTS = 128
_DONE, _MISSING, _REFUSED, _TIMED_OUT = 0, 1, 2, 7
_EVER = 0xFFFFFFFF
_KINDS = ("message", "message", "join", "leave")
_TEXT = 1

_numbers = itertools.count(1)


class Message(NamedTuple):
    """What has happened in a topic."""

    topic: str
    #: what was published: text or bytes; None where somebody has come or left
    data: Union[str, bytes, None]
    #: "message", "join" or "leave"
    kind: str = "message"
    #: who has come or left, and what is known of it
    member: Optional[str] = None
    info: Any = None


class Subscription:
    """What is published in some topics, from the moment that it is open: by ``with``, ``async with``, ``open()`` or ``aopen()``.

    It is for one thread, or for tasks of one event loop, and for one of them at a time. It ends with ``close()``, ``aclose()``, the block, or the process: iterating
    ends then. Where it has fallen behind by more than its queue, what happens is what ``slow`` says; ``dropped`` counts what was left out.
    """

    def __init__(self, *topics: str, queue: int = 1000, slow: str = "drop_oldest", events: bool = False) -> None:
        self._topics = [name_of(topic) for topic in topics]
        self._queue = queue_of(queue)
        self._slow = policy_of(slow)
        self._options = _EVENTS if events else 0
        self._number = 0
        self._pid = 0
        self._ready: Deque[Message] = deque()
        self._asked: "Optional[asyncio.Future[Reply]]" = None
        self._is_over = False
        #: messages that were left out because they were not taken in time
        self.dropped = 0

    # ---- its life

    def open(self) -> "Subscription":
        """Subscribes. Raises StateFull, StateUnavailable."""
        if self._begin():
            try:
                for topic in self._topics:
                    check(links.call(self._subscribe(topic)))
            except BaseException:
                # Opened again, it begins anew.
                with contextlib.suppress(StateError):
                    self.close()
                raise
        return self

    async def aopen(self) -> "Subscription":
        """As ``open``."""
        if self._begin():
            try:
                for topic in self._topics:
                    check(await links.acall(self._subscribe(topic)))
            except BaseException:
                with contextlib.suppress(StateError):
                    await self.aclose()
                raise
        return self

    def close(self) -> None:
        """Gets nothing more. Again it does nothing."""
        if self._end():
            links.call((_UNSUBSCRIBE, 0, self._number, 0, 0, 0, b"", b""))

    async def aclose(self) -> None:
        """As ``close``."""
        if self._end():
            await links.acall((_UNSUBSCRIBE, 0, self._number, 0, 0, 0, b"", b""))

    def add(self, topic: str) -> None:
        """Gets what is published in one topic more."""
        check(links.call(self._subscribe(name_of(topic))))

    async def aadd(self, topic: str) -> None:
        """As ``add``."""
        check(await links.acall(self._subscribe(name_of(topic))))

    def remove(self, topic: str) -> bool:
        """Gets nothing more of a topic; what was published before still comes. Whether it had."""
        return check(links.call(self._unsubscribe(topic)))

    async def aremove(self, topic: str) -> bool:
        """As ``remove``."""
        return check(await links.acall(self._unsubscribe(topic)))

    # ---- messages

    def get(self, timeout: Optional[float] = None) -> Message:
        """The next message. Raises TimeoutError, StopIteration where the subscription was closed, TooSlow."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self._ready:
            self._check_open()
            left = None if until is None else until - time.monotonic()
            self._take_in(links.call(self._take(left)))
            if not self._ready and self._is_over:
                raise StopIteration
            if not self._ready and left is not None and left <= 0:
                raise TimeoutError("nothing was published within the time")
        return self._ready.popleft()

    async def aget(self, timeout: Optional[float] = None) -> Message:
        """As ``get``; raises StopAsyncIteration. A task that is cancelled here loses no message."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self._ready:
            self._check_open()
            left = None if until is None else until - time.monotonic()
            reply = await self._await_reply(left)
            if reply is not None:
                self._take_in(reply)
            if not self._ready and self._is_over:
                raise StopAsyncIteration
            if not self._ready and left is not None and left <= 0:
                raise TimeoutError("nothing was published within the time")
        return self._ready.popleft()

    def __iter__(self) -> Iterator[Message]:
        return self

    def __next__(self) -> Message:
        return self.get()

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        return await self.aget()

    def __enter__(self) -> "Subscription":
        return self.open()

    def __exit__(self, *error: Any) -> None:
        self.close()

    async def __aenter__(self) -> "Subscription":
        return await self.aopen()

    async def __aexit__(self, *error: Any) -> None:
        await self.aclose()

    # ---- calls

    def _begin(self) -> bool:
        if self._number and self._pid == os.getpid() and not self._is_over:
            return False
        links.hold_on()
        self._number, self._pid = next(_numbers), os.getpid()
        self._is_over, self._asked = False, None
        self._ready.clear()
        return True

    def _end(self) -> bool:
        if not self._number or self._is_over or self._pid != os.getpid():
            return False
        self._is_over = True
        return True

    def _check_open(self) -> None:
        if not self._number:
            raise StateError("the subscription is not open: use with, async with, open() or aopen()")
        if self._pid != os.getpid():
            raise StateError("the subscription is that of the process which has forked this one")

    def _subscribe(self, topic: bytes) -> Call:
        self._check_open()
        return _SUBSCRIBE, self._options, self._number, self._queue, self._slow, 0, topic, b""

    def _unsubscribe(self, topic: str) -> Call:
        self._check_open()
        return _UNSUBSCRIBE, 0, self._number, 0, 0, 0, name_of(topic), b""

    def _take(self, left: Optional[float]) -> Call:
        wait = _EVER if left is None else max(0, min(math.ceil(left * 1000), _EVER - 1))
        return _TAKE, 0, self._number, 0, 0, wait, b"", b""

    async def _await_reply(self, left: Optional[float]) -> Optional[Reply]:
        """What was asked goes on where this task is cancelled, or its time over: the next one takes what comes of it."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return await links.acall(self._take(left))
        if self._asked is None:
            self._asked = asyncio.ensure_future(links.acall(self._take(None)))
        asked = self._asked
        await asyncio.wait({asked}, timeout=None if left is None else max(0, left))
        if not asked.done():
            return None
        self._asked = None
        return asked.result()

    def _take_in(self, reply: Reply) -> None:
        self.dropped += reply[2]
        status = reply[0]
        if status == _DONE:
            self._ready.extend(_messages(reply[4]))
        elif status == _MISSING:
            self._is_over = True
        elif status == _REFUSED:
            raise TooSlow("the messages were not taken as fast as they came")
        elif status != _TIMED_OUT:
            check(reply)


def _messages(data: bytes) -> List[Message]:
    messages = []
    for kind, topic, what in read_messages(data):
        if _KINDS[kind] == "message":
            messages.append(Message(topic, what.decode() if kind == _TEXT else what))
        else:
            told = json.loads(what)
            messages.append(Message(topic, None, _KINDS[kind], told["member"], told["info"]))
    return messages
