"""Names, arguments and messages of topics, as the server has them (docs/protocol.md)."""

import json
from struct import Struct
from typing import Any, Iterator, Tuple

from ._state_errors import StateError, StateFull, StateUnavailable, ValueTooLarge, raise_unreachable
from ._state_link import Reply

LONGEST_INFO = 16 * 1024
_LONGEST_NAME = 1024
_MOST_WAITING = 1_000_000
_POLICIES = {"drop_oldest": 0, "drop": 1, "close": 2}
_DONE, _MISSING, _REFUSED, _FULL, _TOO_LARGE, _INVALID, _OFF = 0, 1, 2, 4, 5, 8, 9
# Kind, length of the topic, length of the data.
_MESSAGE = Struct("<BHI")
# Length of the name, length of what is known, connections.
_MEMBER = Struct("<HII")


def name_of(name: str) -> bytes:
    """The bytes of a name of a topic, a member, a channel or a group. Raises ValueError for one that is empty or too long, TypeError for what is no text."""
    if not isinstance(name, str):
        raise TypeError("a topic, a member, a channel or a group is str, not %s" % type(name).__name__)
    data = name.encode()
    if not 0 < len(data) <= _LONGEST_NAME:
        raise ValueError("a topic, a member, a channel or a group has 1 to 1,024 bytes of UTF-8, not %d" % len(data))
    return data


def policy_of(slow: str) -> int:
    """The number of a policy for who is slow."""
    try:
        return _POLICIES[slow]
    except KeyError:
        raise ValueError('slow is "drop_oldest", "drop" or "close", not %r' % (slow,)) from None


def queue_of(queue: int) -> int:
    """Messages that may wait."""
    if not isinstance(queue, int) or not 0 < queue <= _MOST_WAITING:
        raise ValueError("a queue has 1 to 1,000,000 messages, not %r" % (queue,))
    return queue


def check(reply: Reply) -> bool:
    """Whether it was done; False where there is nothing, or not as the call wants it. Raises what else there is."""
    status = reply[0]
    if status == _DONE:
        return True
    if status in (_MISSING, _REFUSED):
        return False
    if status == _FULL:
        raise StateFull("there is no room for what is published, or for subscriptions (--pubsub-memory), or this worker has its half of it")
    if status == _TOO_LARGE:
        raise ValueTooLarge("a message is larger than one may be: 16 MiB, or a quarter of --pubsub-memory")
    if status == _OFF:
        raise StateUnavailable("the server publishes nothing (--pubsub-memory 0)")
    raise_unreachable(status, reply[4])
    raise StateError("the server makes no sense of the call (%d)" % status)


def read_messages(data: bytes) -> Iterator[Tuple[int, str, bytes]]:
    """Kind, topic and data of the messages in the answer to a TAKE."""
    at = 0
    while at < len(data):
        kind, topic, size = _MESSAGE.unpack_from(data, at)
        at += _MESSAGE.size
        yield kind, data[at : at + topic].decode(), data[at + topic : at + topic + size]
        at += topic + size


def read_members(data: bytes) -> Iterator[Tuple[str, Any, int]]:
    """Name, what is known, and number of connections of the members in the answer to a PRESENCE."""
    at = 0
    while at < len(data):
        name, info, connections = _MEMBER.unpack_from(data, at)
        at += _MEMBER.size
        known = data[at + name : at + name + info]
        yield data[at : at + name].decode(), json.loads(known) if known else None, connections
        at += name + info
