"""A request's headers as a mapping of text that nobody changes: requests with the same block share one."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

from . import speedups
from .headers import BlockCache, parse_block


class Headers(Mapping[str, str]):
    """
    Names are lower case, and asked for in any case; the value of one that came more than once is the first, and get_all() has all of
    them. Values are Latin-1, as everywhere in HTTP: each byte is a character.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Dict[str, List[str]]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        found = self._fields.get(name) or self._fields.get(name.lower())
        if found is None:
            raise KeyError(name)
        return found[0]

    def get(self, name: str, default: Any = None) -> Any:
        found = self._fields.get(name) or self._fields.get(name.lower())
        return default if found is None else found[0]

    def get_all(self, name: str) -> List[str]:
        """All values of that name, in the order in which they came."""
        return list(self._fields.get(name.lower(), ()))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._fields or name.lower() in self._fields)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._fields)

    def keys(self) -> Any:
        """Each name once."""
        return list(self._fields)

    def values(self) -> Any:
        """All values, those of one name together."""
        return [value for values in self._fields.values() for value in values]

    def items(self) -> Any:
        """All names and values, those of one name together: a name that came twice is here twice."""
        return [(name, value) for name, values in self._fields.items() for value in values]

    def __repr__(self) -> str:
        return f"Headers({self.items()!r})"


def python_fields(block: bytes) -> Dict[str, List[str]]:
    """The values of each name of a header block. Raises WireError for what is none."""
    fields: Dict[str, List[str]] = {}
    for name, value in parse_block(block):
        fields.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return fields


# The same in C, or None for what Python is to look at.
native_fields: Optional[Callable[[bytes], Optional[Dict[str, List[str]]]]] = speedups.module.header_fields if speedups.module is not None else None


def headers_of_block(block: bytes) -> Headers:
    """Made anew."""
    fields = native_fields(block) if native_fields is not None else None
    return Headers(python_fields(block) if fields is None else fields)


# What repeats from request to request is made once.
headers_of = BlockCache(headers_of_block).get
