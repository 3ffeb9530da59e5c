"""Django Channels' layer in the memory of the server, in one line of the settings.

::

    CHANNEL_LAYERS = {"default": {"BACKEND": "hydra_server.channels.HydraChannelLayer"}}

Channels and groups are kept by the server, so they outlive workers and reloads; there is nothing else to run. In processes that are no workers, such as
``manage.py shell`` and tests, it is an ``InMemoryChannelLayer``; with ``"CONFIG": {"outside": "error"}`` they raise.
"""

import asyncio
import pickle
import uuid
from typing import Any, Dict

from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer, InMemoryChannelLayer

from . import pubsub
from ._pubsub_codec import check
from ._state_link import Call, Reply, links

__all__ = ["HydraChannelLayer"]

_PUSH, _PULL, _GROUP_ADD, _GROUP_DISCARD, _GROUP_SEND, _FLUSH = range(20, 26)
_DONE, _REFUSED, _FULL = 0, 2, 4
_EVER = 0xFFFFFFFF
_MOST = 1 << 62
# Of Python 3.8, the oldest that may read it.
_PROTOCOL = 5


class HydraChannelLayer(BaseChannelLayer):
    """See the module.

    Args:
        expiry: seconds for which a message waits to be received. group_expiry: seconds for which a channel is in a group.
        capacity: messages that wait in a channel; ``channel_capacity`` has others by patterns, as in Channels' other layers.
        prefix: what tells several apart.
    """

    extensions = ["groups", "flush"]

    def __new__(cls, *arguments: Any, outside: str = "local", **options: Any) -> Any:
        if outside not in ("local", "error"):
            raise ValueError('the option "outside" of HydraChannelLayer is "local" or "error", not %r' % (outside,))
        if outside == "local" and not pubsub.is_available():
            options.pop("prefix", None)
            return InMemoryChannelLayer(*arguments, **options)
        return super().__new__(cls)

    def __init__(
        self,
        expiry: float = 60,
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: Any = None,
        prefix: str = "asgi",
        outside: str = "local",
        **options: Any
    ) -> None:
        super().__init__(expiry=expiry, capacity=capacity)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.group_expiry = group_expiry
        self.prefix = prefix

    # ---- channels

    async def send(self, channel: str, message: Dict[str, Any]) -> None:
        """Into a channel. Raises ChannelFull where as many wait there as may, or there is no room in the server."""
        assert isinstance(message, dict), "message is not a dict"
        self._check_name(channel)
        assert "__asgi_channel__" not in message
        reply = await _call(self._push(channel, self.get_capacity(channel), pickle.dumps(message, _PROTOCOL)))
        if reply[0] in (_REFUSED, _FULL):
            raise ChannelFull()
        check(reply)

    async def receive(self, channel: str) -> Dict[str, Any]:
        """The next message of a channel; one of those who wait for it gets it. Who is cancelled here leaves it to the next."""
        self._check_name(channel)
        call = (_PULL, 0, 0, 0, 0, _EVER, self._key("c", channel), b"")
        reply = await links.acall(call, lambda late: self._push(channel, _MOST, late[4]) if late[0] == _DONE else None)
        check(reply)
        return pickle.loads(reply[4])

    async def new_channel(self, prefix: str = "specific") -> str:
        """A name that no other channel has, for one who receives; also where the application has seeded ``random``."""
        return "%s.%s!%s" % (prefix, "hydra", uuid.uuid4().hex)

    # ---- groups

    async def group_add(self, group: str, channel: str) -> None:
        """A channel is in a group, for group_expiry seconds from now on."""
        self._check_group(group)
        self._check_name(channel)
        check(
            await _call((_GROUP_ADD, 0, self.get_capacity(channel), 0, _milliseconds(self.group_expiry), 0, self._key("g", group), self._key("c", channel)))
        )

    async def group_discard(self, group: str, channel: str) -> None:
        """A channel is not in a group any more."""
        self._check_group(group)
        self._check_name(channel)
        check(await _call((_GROUP_DISCARD, 0, 0, 0, 0, 0, self._key("g", group), self._key("c", channel))))

    async def group_send(self, group: str, message: Dict[str, Any]) -> None:
        """Into all channels of a group that have room for it."""
        assert isinstance(message, dict), "message is not a dict"
        self._check_group(group)
        check(await _call((_GROUP_SEND, 0, 0, 0, _milliseconds(self.expiry), 0, self._key("g", group), pickle.dumps(message, _PROTOCOL))))

    # ---- the rest

    async def flush(self) -> None:
        """Empties all channels and groups of this prefix."""
        for kind in "cg":
            check(await _call((_FLUSH, 0, 0, 0, 0, 0, self._key(kind, ""), b"")))

    async def close(self) -> None:
        """There is nothing to close: the links are the process's."""

    def _push(self, channel: str, capacity: int, data: bytes) -> Call:
        return _PUSH, 0, capacity, 0, _milliseconds(self.expiry), 0, self._key("c", channel), data

    def _key(self, kind: str, name: str) -> bytes:
        return ("%s:%s:%s" % (kind, self.prefix, name)).encode()

    def _check_name(self, name: str) -> None:
        checked: Any = getattr(self, "require_valid_channel_name", None) or self.valid_channel_name
        checked(name)

    def _check_group(self, name: str) -> None:
        checked: Any = getattr(self, "require_valid_group_name", None) or self.valid_group_name
        checked(name)


async def _call(call: Call) -> Reply:
    """The answer. A loop that lives for a single call, as async_to_sync makes them, has no link opened for it."""
    return links.call(call) if links.is_new(asyncio.get_running_loop()) else await links.acall(call)


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
