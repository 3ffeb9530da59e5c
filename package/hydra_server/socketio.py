"""python-socketio's client managers over the server, in one line: what one worker emits reaches the clients of all.

::

    sio = socketio.AsyncServer(async_mode="asgi", client_manager=hydra_server.socketio.HydraManager())
    sio = socketio.Server(client_manager=hydra_server.socketio.HydraThreadManager())          # with threads, gevent

Socket.IO's polling needs ``--affinity`` with more than one worker; clients that begin with WebSockets need nothing.
"""

import asyncio
import json
import pickle
import time
from typing import Any, AsyncIterator, Iterator, Optional

import socketio

try:
    from socketio.async_pubsub_manager import AsyncPubSubManager
except ImportError:  # before 5.11
    from socketio.asyncio_pubsub_manager import AsyncPubSubManager

from . import pubsub
from ._state_errors import StateError

__all__ = ["HydraManager", "HydraThreadManager"]

# More than a burst of events; who falls behind it loses the oldest.
_QUEUE = 100_000
_PREFIX = "socketio:"
# Seconds between attempts to listen.
_PAUSE = 1


class HydraManager(AsyncPubSubManager):  # type: ignore[misc]
    """For ``socketio.AsyncServer``. ``channel`` tells several apart; with ``write_only=True`` it emits alone."""

    name = "hydra"

    def __init__(self, channel: str = "socketio", write_only: bool = False, logger: Any = None, **options: Any) -> None:
        super().__init__(channel=channel, write_only=write_only, logger=logger, **options)
        self._opened: Optional[pubsub.Subscription] = None

    def initialize(self) -> None:
        """Called when the first client comes, before it is told that it is connected."""
        self._opened = None if self.write_only else _open(self.channel)
        super().initialize()

    async def _publish(self, data: Any) -> Any:
        return await pubsub.apublish(_PREFIX + self.channel, _pack(data))

    async def _listen(self) -> AsyncIterator[Any]:
        subscription, self._opened = self._opened or _subscription(self.channel), None
        try:
            async with subscription as messages:
                async for message in messages:
                    yield _unpack(message.data)
        except StateError:
            # It is asked again at once, for as long as that lasts.
            await asyncio.sleep(_PAUSE)
            raise


class HydraThreadManager(socketio.PubSubManager):  # type: ignore[misc]
    """The same for ``socketio.Server``."""

    name = "hydra"

    def __init__(self, channel: str = "socketio", write_only: bool = False, logger: Any = None, **options: Any) -> None:
        super().__init__(channel=channel, write_only=write_only, logger=logger, **options)
        self._opened: Optional[pubsub.Subscription] = None

    def initialize(self) -> None:
        """As that of HydraManager."""
        self._opened = None if self.write_only else _open(self.channel)
        super().initialize()

    def _publish(self, data: Any) -> Any:
        return pubsub.publish(_PREFIX + self.channel, _pack(data))

    def _listen(self) -> Iterator[Any]:
        subscription, self._opened = self._opened or _subscription(self.channel), None
        try:
            with subscription as messages:
                for message in messages:
                    yield _unpack(message.data)
        except StateError:
            time.sleep(_PAUSE)
            raise


def _subscription(channel: str) -> pubsub.Subscription:
    return pubsub.listen(_PREFIX + channel, queue=_QUEUE)


def _open(channel: str) -> Optional[pubsub.Subscription]:
    """
    Listens from now on: socketio's own task or thread begins to a moment later, and what others emit in between would be lost to a client that believes itself connected.
    Where that is not possible the task says why, and goes on trying.
    """
    try:
        return _subscription(channel).open()
    except StateError:
        return None


def _pack(data: Any) -> bytes:
    """Earlier versions of socketio have bytes in what they publish."""
    try:
        return b"j" + json.dumps(data).encode()
    except TypeError:
        return b"p" + pickle.dumps(data, 5)


def _unpack(data: Any) -> Any:
    return json.loads(data[1:]) if data[:1] == b"j" else pickle.loads(data[1:])
