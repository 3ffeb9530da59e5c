"""A cache for all that takes one of ``cachelib``, such as Flask-Caching and Flask-Session: in the memory of the server, for all workers.

::

    app.config["CACHE_TYPE"] = "hydra_server.cachelib.flask_caching"       # Flask-Caching

    app.config["SESSION_TYPE"] = "cachelib"                                 # Flask-Session 0.7 and newer
    app.config["SESSION_CACHELIB"] = HydraCache("sessions")

In processes that are no workers, such as ``flask shell`` and tests, it is a ``SimpleCache``; with ``outside="error"`` they raise.
"""

from typing import Any, Dict, List, Optional

from cachelib import SimpleCache
from cachelib.base import BaseCache

from . import state

__all__ = ["HydraCache", "flask_caching"]


class HydraCache(BaseCache):
    """See the module.

    Args:
        name: tells several apart.
        default_timeout: seconds that values are kept where nothing else is said; 0 for ever.
        outside: what it is in a process that is no worker: "local" or "error".
    """

    def __new__(cls, name: str = "", default_timeout: float = 300, outside: str = "local") -> Any:
        if outside not in ("local", "error"):
            raise ValueError('outside is "local" or "error", not %r' % (outside,))
        if outside == "local" and not state.is_available():
            return SimpleCache(default_timeout=default_timeout)
        return super().__new__(cls)

    def __init__(self, name: str = "", default_timeout: float = 300, outside: str = "local") -> None:
        super().__init__(default_timeout)  # type: ignore[arg-type]
        self._store = state.Store("cachelib:%s:" % name)

    def get(self, key: str) -> Any:
        return self._store.get(key)

    def get_many(self, *keys: str) -> "List[Any]":
        found = self._store.get_many(keys)
        return [found.get(key) for key in keys]

    def set(self, key: str, value: Any, timeout: Optional[int] = None) -> bool:
        self._store.set(key, value, self._seconds(timeout))
        return True

    def add(self, key: str, value: Any, timeout: Optional[int] = None) -> bool:
        return self._store.add(key, value, self._seconds(timeout))

    def set_many(self, mapping: "Dict[str, Any]", timeout: Optional[int] = None) -> "List[Any]":
        self._store.set_many(mapping, self._seconds(timeout))
        return list(mapping)

    def delete(self, key: str) -> bool:
        return self._store.delete(key)

    def delete_many(self, *keys: str) -> "List[Any]":
        return [key for key in keys if self._store.delete(key)]

    def has(self, key: str) -> bool:
        return self._store.has_key(key)

    def clear(self) -> bool:
        self._store.clear()
        return True

    def inc(self, key: str, delta: int = 1) -> Optional[int]:
        return self._store.incr(key, delta, timeout=self._seconds(None))

    def dec(self, key: str, delta: int = 1) -> Optional[int]:
        return self._store.decr(key, delta, timeout=self._seconds(None))

    def _seconds(self, timeout: Optional[float]) -> Optional[float]:
        """A timeout of 0 is for ever, and of less none at all."""
        seconds = self.default_timeout if timeout is None else timeout
        return None if seconds == 0 else seconds


def flask_caching(app: Any, config: "Dict[str, Any]", args: "List[Any]", options: "Dict[str, Any]") -> Any:
    """What CACHE_TYPE names: CACHE_KEY_PREFIX is the cache's name, CACHE_DEFAULT_TIMEOUT and CACHE_OPTIONS count."""
    return HydraCache(config.get("CACHE_KEY_PREFIX") or "", *args, **options)
