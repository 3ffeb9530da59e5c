"""A storage for the package ``limits``, which Flask-Limiter and slowapi count with: in the memory of the server, for all workers.

Importing this makes the scheme known: ``Limiter(..., storage_uri="hydra://")``. Fixed and moving windows, and those that expire elastically.
"""

import time
from typing import Any, Optional, Tuple, Type, Union

from limits.storage import MovingWindowSupport, Storage

from . import state

__all__ = ["HydraStorage"]


class HydraStorage(Storage, MovingWindowSupport):
    """See the module. What is behind ``hydra://`` names it where there are several."""

    STORAGE_SCHEME = ["hydra"]

    def __init__(self, uri: Optional[str] = None, wrap_exceptions: bool = False, **options: Any) -> None:
        try:
            super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        except TypeError:
            super().__init__(uri, **options)  # before 3.0
        self._store = state.Store("limits:%s:" % (uri or "").partition("://")[2])

    @property
    def base_exceptions(self) -> Union[Type[Exception], Tuple[Type[Exception], ...]]:
        """What stands for a storage that is not to be had."""
        return state.StateError

    def incr(self, key: str, expiry: float, elastic_expiry: bool = False, amount: int = 1) -> int:
        """Counts so many hits in a window that ends so many seconds after the first; after the last, where it is elastic."""
        count = self._store.incr(key, amount, timeout=expiry)
        if elastic_expiry:
            self._store.touch(key, expiry)
        return count

    def get(self, key: str) -> int:
        """The hits in the window."""
        return int(self._store.get(key, 0))

    def get_expiry(self, key: str) -> float:
        """When the window ends, as time.time() has it; now where there is none."""
        left = self._store.time_left(key)
        return time.time() + (left or 0.0)

    def check(self) -> bool:
        """Whether it is there."""
        try:
            self._store.get("", None)
        except state.StateError:
            return False
        return True

    def reset(self) -> Optional[int]:
        """Forgets all windows. How many there were."""
        return self._store.clear()

    def clear(self, key: str) -> None:
        """Forgets a window."""
        self._store.delete(key)
        self._store.reset(key)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Counts so many hits in a moving window, if they keep to the limit."""
        return amount <= limit and self._store.window(key, limit, expiry, cost=amount).allowed

    def get_moving_window(self, key: str, limit: int, expiry: int) -> Tuple[float, int]:
        """When the oldest hit of the moving window was, and how many there are."""
        window = self._store.window(key, limit, expiry, cost=0)
        now = time.time()
        return (now + window.reset_after - expiry if window.count else now), window.count
