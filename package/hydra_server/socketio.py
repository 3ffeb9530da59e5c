"""python-socketio's client managers over the server, in one line: what one worker emits reaches the clients of all.

::

    sio = socketio.AsyncServer(async_mode="asgi", client_manager=hydra_server.socketio.HydraManager())
    sio = socketio.Server(client_manager=hydra_server.socketio.HydraThreadManager())          # with threads, gevent

Socket.IO's polling needs ``--affinity`` with more than one worker; clients that begin with WebSockets need nothing.
"""

import json
import pickle
from typing import Any, AsyncIterator, Iterator

import socketio

try:
    from socketio.async_pubsub_manager import AsyncPubSubManager
except ImportError:  # before 5.11
    from socketio.asyncio_pubsub_manager import AsyncPubSubManager

from . import pubsub

__all__ = ["HydraManager", "HydraThreadManager"]

# More than a burst of events; who falls behind it loses the oldest.
_QUEUE = 100_000
_PREFIX = "socketio:"


class HydraManager(AsyncPubSubManager):  # type: ignore[misc]
    """For ``socketio.AsyncServer``. ``channel`` tells several apart; with ``write_only=True`` it emits alone."""

    name = "hydra"

    def __init__(self, channel: str = "socketio", write_only: bool = False, logger: Any = None, **options: Any) -> None:
        super().__init__(channel=channel, write_only=write_only, logger=logger, **options)

    async def _publish(self, data: Any) -> Any:
        return await pubsub.apublish(_PREFIX + self.channel, _pack(data))

    async def _listen(self) -> AsyncIterator[Any]:
        async with pubsub.listen(_PREFIX + self.channel, queue=_QUEUE) as messages:
            async for message in messages:
                yield _unpack(message.data)


class HydraThreadManager(socketio.PubSubManager):  # type: ignore[misc]
    """The same for ``socketio.Server``."""

    name = "hydra"

    def __init__(self, channel: str = "socketio", write_only: bool = False, logger: Any = None, **options: Any) -> None:
        super().__init__(channel=channel, write_only=write_only, logger=logger, **options)

    def _publish(self, data: Any) -> Any:
        return pubsub.publish(_PREFIX + self.channel, _pack(data))

    def _listen(self) -> Iterator[Any]:
        with pubsub.listen(_PREFIX + self.channel, queue=_QUEUE) as messages:
            for message in messages:
                yield _unpack(message.data)


def _pack(data: Any) -> bytes:
    """Earlier versions of socketio have bytes in what they publish."""
    try:
        return b"j" + json.dumps(data).encode()
    except TypeError:
        return b"p" + pickle.dumps(data, 5)


def _unpack(data: Any) -> Any:
    return json.loads(data[1:]) if data[:1] == b"j" else pickle.loads(data[1:])
