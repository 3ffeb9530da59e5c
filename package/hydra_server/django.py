"""Django's cache in the memory of the server: one for all workers, in one line.

::

    CACHES = {"default": {"BACKEND": "hydra_server.django.HydraCache"}}

``LOCATION`` names it where there are several. Everything that Django has a cache for goes on it: sessions (``django.contrib.sessions.backends.cache``), the
cache of sites, views and fragments, rate limits of packages that count with ``cache.incr``. In processes that are no workers, such as ``manage.py shell`` and
tests, it is a ``LocMemCache``; with ``"OPTIONS": {"outside": "error"}`` they raise.
"""

from typing import Any, Dict, Iterable, List, Optional

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache

from . import state

__all__ = ["HydraCache"]


class HydraCache(BaseCache):
    """See the module. ``MAX_ENTRIES`` and ``CULL_FREQUENCY`` say nothing here: ``--state-memory`` and ``--state-eviction`` do."""

    def __new__(cls, location: str = "", params: "Optional[Dict[str, Any]]" = None) -> Any:
        options = dict((params or {}).get("OPTIONS") or {})
        if options.get("outside", "local") not in ("local", "error"):
            raise ValueError('the option "outside" of HydraCache is "local" or "error", not %r' % (options["outside"],))
        if options.pop("outside", "local") == "local" and not state.is_available():
            return LocMemCache("hydra:" + location, dict(params or {}, OPTIONS=options))
        return super().__new__(cls)

    def __init__(self, location: str, params: "Dict[str, Any]") -> None:
        super().__init__(params)
        self._store = state.Store("django:%s:" % location)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None) -> bool:
        return self._store.add(self._key(key, version), value, self._seconds(timeout))

    async def aadd(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None) -> bool:
        return await self._store.aadd(self._key(key, version), value, self._seconds(timeout))

    def get(self, key: Any, default: Any = None, version: Optional[int] = None) -> Any:
        return self._store.get(self._key(key, version), default)

    async def aget(self, key: Any, default: Any = None, version: Optional[int] = None) -> Any:
        return await self._store.aget(self._key(key, version), default)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None) -> None:
        self._store.set(self._key(key, version), value, self._seconds(timeout))

    async def aset(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None) -> None:
        await self._store.aset(self._key(key, version), value, self._seconds(timeout))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None) -> bool:
        return self._store.touch(self._key(key, version), self._seconds(timeout))

    async def atouch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None) -> bool:
        return await self._store.atouch(self._key(key, version), self._seconds(timeout))

    def delete(self, key: Any, version: Optional[int] = None) -> bool:
        return self._store.delete(self._key(key, version))

    async def adelete(self, key: Any, version: Optional[int] = None) -> bool:
        return await self._store.adelete(self._key(key, version))

    def get_many(self, keys: Iterable[Any], version: Optional[int] = None) -> "Dict[Any, Any]":
        names = self._names(keys, version)
        return {names[name]: value for name, value in self._store.get_many(names).items()}

    async def aget_many(self, keys: Iterable[Any], version: Optional[int] = None) -> "Dict[Any, Any]":
        names = self._names(keys, version)
        return {names[name]: value for name, value in (await self._store.aget_many(names)).items()}

    def set_many(self, data: "Dict[Any, Any]", timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None) -> "List[Any]":
        self._store.set_many({self._key(key, version): value for key, value in data.items()}, self._seconds(timeout))
        return []

    async def aset_many(self, data: "Dict[Any, Any]", timeout: Any = DEFAULT_TIMEOUT, version: Optional[int] = None) -> "List[Any]":
        await self._store.aset_many({self._key(key, version): value for key, value in data.items()}, self._seconds(timeout))
        return []

    def delete_many(self, keys: Iterable[Any], version: Optional[int] = None) -> None:
        self._store.delete_many(self._names(keys, version))

    async def adelete_many(self, keys: Iterable[Any], version: Optional[int] = None) -> None:
        await self._store.adelete_many(self._names(keys, version))

    def has_key(self, key: Any, version: Optional[int] = None) -> bool:
        return self._store.has_key(self._key(key, version))

    async def ahas_key(self, key: Any, version: Optional[int] = None) -> bool:
        return await self._store.ahas_key(self._key(key, version))

    def incr(self, key: Any, delta: int = 1, version: Optional[int] = None) -> int:
        try:
            return self._store.incr(self._key(key, version), delta, initial=None)
        except KeyError:
            raise ValueError("Key '%s' not found" % key) from None

    async def aincr(self, key: Any, delta: int = 1, version: Optional[int] = None) -> int:
        try:
            return await self._store.aincr(self._key(key, version), delta, initial=None)
        except KeyError:
            raise ValueError("Key '%s' not found" % key) from None

    async def adecr(self, key: Any, delta: int = 1, version: Optional[int] = None) -> int:
        return await self.aincr(key, -delta, version)

    def clear(self) -> None:
        self._store.clear()

    async def aclear(self) -> None:
        await self._store.aclear()

    def _key(self, key: Any, version: Optional[int]) -> str:
        name = self.make_key(key, version=version)
        self.validate_key(name)
        return name

    def _names(self, keys: Iterable[Any], version: Optional[int]) -> "Dict[Any, Any]":
        return {self._key(key, version): key for key in keys}

    def _seconds(self, timeout: Any) -> Optional[float]:
        return self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
