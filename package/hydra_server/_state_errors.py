"""What can go wrong with shared state."""


class StateError(Exception):
    """Something is wrong with the shared state, or with what was asked of it."""


class StateUnavailable(StateError):
    """There is no shared state here: the process is no worker of Hydra, the server was started with ``--state-memory 0``, or the Redis of ``--state`` is gone.

    What was asked for was not done.
    """


class StateUncertain(StateUnavailable):
    """The Redis of ``--state`` was asked, and has not answered: whether it was done is not known.

    Nothing is done twice in secret: a caller that may do it again does so. ``incr(…, once=…)`` is done once however often it is called.
    """


class StateLost(StateError, ConnectionError):
    """The server has gone, or has closed the link. Whether the call was done is not known."""


class StateFull(StateError):
    """There is no room for it: see ``--state-memory`` and ``--state-eviction``."""


class ValueTooLarge(StateError, ValueError):
    """The value is larger than 64 MiB, or than all the memory of the state."""


class NotANumber(StateError, TypeError):
    """What is under the key is no number that could be counted on."""


class ClientGone(StateError, ConnectionError):
    """The connection is over: nothing can be subscribed for it."""


class TooSlow(StateError):
    """The subscription is over, because its messages were not taken as fast as they came (``slow="close"``)."""


def raise_unreachable(status: int, text: bytes) -> None:
    """Raises what a status says of a server that keeps the state and cannot be reached (STATUS_UNAVAILABLE, STATUS_UNKNOWN); else nothing."""
    if status == 10:
        raise StateUnavailable(text.decode("utf-8", "replace") or "Redis cannot be reached (--state)")
    if status == 11:
        raise StateUncertain("whether it was done is not known: %s" % (text.decode("utf-8", "replace") or "Redis has not answered (--state)"))


class LockTimeout(StateError, TimeoutError):
    """The time to wait for a lock or semaphore is over."""


class LockLost(StateError):
    """The lease had ended before it was given back: somebody else may have been at work in the meantime."""
