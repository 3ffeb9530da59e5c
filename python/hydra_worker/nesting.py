"""Sees an application's import of nest_asyncio, while its loop can still be chosen. Does not import asyncio."""

from __future__ import annotations

import sys
from typing import Callable

# Patches asyncio so that loops may run within loops; it refuses every loop but asyncio's own.
NESTING = "nest_asyncio"


class NestingWatch:
    """
    A finder of modules that finds none: it sees that the application is about to import nest_asyncio, and calls
    `switch` while it still can choose the loop. What is imported before is rarely anything that knows a loop.
    """

    def __init__(self, switch: Callable[[], None]) -> None:
        self._switch = switch

    def __enter__(self) -> None:
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]

    def __exit__(self, *_: object) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)  # type: ignore[arg-type]

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == NESTING:
            self.__exit__()
            self._switch()
