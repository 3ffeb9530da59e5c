"""Messages from any worker to any number of clients, and to code of any worker.

The server writes what is published to each WebSocket and event stream that has subscribed, without asking a worker again::

    from hydra_server import pubsub

    async def chat(scope, receive, send):
        await send({"type": "websocket.accept"})
        await pubsub.subscribe(scope, "room:1")
        while (message := await receive())["type"] == "websocket.receive":
            await pubsub.apublish("room:1", message["text"])

``scope`` is that of ASGI: ``websocket.scope``, ``request.scope`` in most frameworks. Code of a worker listens with ``async for`` or ``for``::

    with pubsub.listen("orders") as messages:
        for message in messages:
            ...

Each function that waits for the server has an awaitable twin with an ``a`` in front; ``subscribe`` and ``unsubscribe`` are awaitable alone. Topics are text, up to
1,024 bytes of UTF-8; what is published is text or bytes. In a process that the server has not started all of it raises ``StateUnavailable``. docs/pubsub.md says
what is promised.
"""

import asyncio
import json
import sys
from typing import Any, AsyncIterator, List, Mapping, NamedTuple, Optional, Union

from ._listen import Message, Subscription
from ._pubsub_codec import LONGEST_INFO, check, name_of, policy_of, queue_of, read_members
from ._state_errors import ClientGone, StateError, StateFull, StateLost, StateUnavailable, StateUncertain, TooSlow, ValueTooLarge
from ._state_link import Call, Reply, is_available, links, on_its_loop, running_loop, worker

__all__ = [
    "ClientGone", "Member", "Message", "StateError", "StateFull", "StateLost", "StateUnavailable", "StateUncertain", "Subscription", "TooSlow", "ValueTooLarge", "acount",
    "apresence", "apublish", "count", "events", "is_available", "listen", "presence", "publish", "subscribe", "unsubscribe",
]  # fmt: skip

# Of docs/protocol.md: STATE_…, WITH_…, STATUS_….
_PUBLISH, _SUBSCRIBE, _UNSUBSCRIBE, _PRESENCE = 15, 16, 17, 19
_TEXT, _EVENTS = 64, 128
_DONE, _MISSING, _REFUSED = 0, 1, 2
# Where a scope has its connection.
_CONNECTION = "hydra.connection"


class Member(NamedTuple):
    """Somebody who is in a topic."""

    #: who: what was given to subscribe()
    name: str
    #: what was said of it by the first of its connections
    info: Any
    #: how many connections it has
    connections: int


def publish(topic: str, data: Union[str, bytes]) -> int:
    """Gives text or bytes to all who have subscribed to the topic, and says how many they are. Back, each of them has it, or its queue.

    Raises:
        StateFull: there is no room, as when a worker publishes much faster than it goes out. ValueTooLarge: more than 16 MiB, or a quarter of --pubsub-memory.
    """
    return _number(links.call(_publish(topic, data)))


async def apublish(topic: str, data: Union[str, bytes]) -> int:
    """As ``publish``."""
    return _number(await links.acall(_publish(topic, data)))


async def subscribe(
    scope: Any,
    topic: str,
    *,
    queue: int = 100,
    slow: str = "drop_oldest",
    member: Optional[str] = None,
    info: Any = None,
    events: bool = False,
) -> None:
    """Has the client of a WebSocket, or of a response that streams, get what is published in the topic from now on, until it has left.

    It comes behind what was sent before. On a WebSocket a message is text or binary as it was published. In a response text is an event of an event stream, and bytes
    are written as they are. Who has subscribed to the topic already stays as it is.

    Args:
        scope: ASGI's, of the request or the WebSocket; of RSGI the protocol or the transport, of raw the request or the socket.
        queue: messages that may wait for a client that is slow, up to a million; and 1 MiB of them, but for a single one.
        slow: what becomes of more: "drop_oldest", "drop" (the new one goes), or "close": the WebSocket is closed with 1013, a response is broken off.
        member: who it is, as ``presence`` is to say.
        info: what is to be known of the member: anything that JSON has, up to 16 KiB of it.
        events: whether the client is told who comes and leaves, in JSON: ``{"event": "join", "topic": …, "member": …, "info": …}``.

    Raises:
        ClientGone: the client has left. StateFull: --pubsub-memory. ValueError: the response has a Content-Length, or an argument makes no sense.
    """
    known = b"" if info is None else json.dumps(info, separators=(",", ":")).encode()
    if len(known) > LONGEST_INFO:
        raise ValueError("what is to be known of a member has at most 16 KiB in JSON, not %d bytes" % len(known))
    if info is not None and member is None:
        raise ValueError("info is of a member: say which")
    status = await _ask(
        scope, _SUBSCRIBE, queue_of(queue), policy_of(slow), _EVENTS if events else 0, name_of(topic), b"" if member is None else name_of(member), known
    )
    if status == _MISSING:
        raise ClientGone("the client has left, or the response is complete")
    if status == _REFUSED:
        raise ValueError("the response has a Content-Length: nothing can come between what the application sends")
    check((status, 0, 0, False, b""))


async def unsubscribe(scope: Any, topic: str) -> bool:
    """Has the client get no more of the topic; what has been published before may still come. Whether it had subscribed."""
    status = await _ask(scope, _UNSUBSCRIBE, 1, 0, 0, name_of(topic), b"", b"")
    return status != _MISSING and check((status, 0, 0, False, b""))


async def events(scope: Any, topic: str, *, heartbeat: float = 15.0, **options: Any) -> AsyncIterator[bytes]:
    """The body of an event stream that is a topic's: ``StreamingResponse(events(request.scope, "news"), media_type="text/event-stream")``.

    Args:
        heartbeat: seconds between the comments by which a proxy sees that it is alive.
        options: those of ``subscribe``.
    """
    await subscribe(scope, topic, **options)
    while True:
        yield b":\n\n"
        await _sleep(heartbeat)


def listen(*topics: str, queue: int = 1000, slow: str = "drop_oldest", events: bool = False) -> Subscription:
    """What is published in these topics, for code of this worker: ``with`` and ``for``, or ``async with`` and ``async for``. See ``Subscription``."""
    return Subscription(*topics, queue=queue, slow=slow, events=events)


def presence(topic: str) -> List[Member]:
    """Who is in the topic: the members that connections have named."""
    return _members(links.call(_presence(topic, 1)))


async def apresence(topic: str) -> List[Member]:
    """As ``presence``."""
    return _members(await links.acall(_presence(topic, 1)))


def count(topic: str) -> int:
    """How many subscriptions the topic has."""
    return _number(links.call(_presence(topic, 0)))


async def acount(topic: str) -> int:
    """As ``count``."""
    return _number(await links.acall(_presence(topic, 0)))


def _publish(topic: str, data: Union[str, bytes]) -> Call:
    if isinstance(data, str):
        return _PUBLISH, _TEXT, 0, 0, 0, 0, name_of(topic), data.encode()
    if isinstance(data, (bytes, bytearray, memoryview)):
        return _PUBLISH, 0, 0, 0, 0, 0, name_of(topic), bytes(data)
    raise TypeError("what is published is str or bytes, not %s" % type(data).__name__)


def _presence(topic: str, number: int) -> Call:
    return _PRESENCE, 0, number, 0, 0, 0, name_of(topic), b""


def _number(reply: Reply) -> int:
    check(reply)
    return reply[1]


def _members(reply: Reply) -> List[Member]:
    check(reply)
    return [Member(*each) for each in read_members(reply[4])]


async def _ask(scope: Any, *call: Any) -> int:
    if not is_available():
        raise StateUnavailable("hydra_server.pubsub works in the workers of Hydra, and this process is none: it was not started by the server")
    connection = _connection_of(scope)
    if connection is None:
        return _MISSING
    return await on_its_loop(connection, connection.subscribe(*call))


def _connection_of(scope: Any) -> Any:
    """The worker's side of a connection; None where that is over."""
    # RSGI's transports have it, its protocols and raw's requests are it.
    found = getattr(scope, "_protocol", scope)
    if worker().is_exchange(found):
        return found
    numbers = scope.get(_CONNECTION) if isinstance(scope, Mapping) else None
    if numbers is None:
        raise ValueError(
            "this has no connection: it is the scope of an HTTP request or a WebSocket of ASGI as the server has made it, the protocol or transport of RSGI, or "
            "the request or socket of the raw interface"
        )
    return worker().exchange_of(*numbers)


async def _sleep(seconds: float) -> None:
    if running_loop() is not None:
        await asyncio.sleep(seconds)
    else:
        await sys.modules["trio"].sleep(seconds)
