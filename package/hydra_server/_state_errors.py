"""What can go wrong with shared state."""


class StateError(Exception):
    """Something is wrong with the shared state, or with what was asked of it."""


class StateUnavailable(StateError):
    """There is no shared state here: the process is no worker of Hydra, or the server was started with ``--state-memory 0``."""


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


class LockTimeout(StateError, TimeoutError):
    """The time to wait for a lock or semaphore is over."""


class LockLost(StateError):
    """The lease had ended before it was given back: somebody else may have been at work in the meantime."""
