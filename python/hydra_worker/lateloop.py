"""
The event loop of a worker whose application says only by itself which interface it has.

An ASGI application is to find the loop while it is imported; for a WSGI application that never asks for one, asyncio,
ssl and uvloop would be 4 MB in each worker. So it is made when somebody imports asyncio, before anybody can use that.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from typing import Any, Callable, Optional

from . import native

_NAME = "asyncio"


class LateLoop:
    """A finder of modules: it finds nothing, and is asked for asyncio. Belongs to the main thread."""

    def __init__(self, create: Callable[[], Any]) -> None:
        self._create = create
        self._loop: Optional[Any] = None

    def watch(self) -> None:
        """From now on the loop is made as soon as there is asyncio."""
        if _NAME in sys.modules:
            # A .pth file, or a sitecustomize.
            self.get()
        else:
            sys.meta_path.insert(0, self)

    def get(self) -> Any:
        """The loop, which is made if it is not there."""
        self._forget()
        if self._loop is None:
            self._loop = self._create()
        return self._loop

    def replace(self) -> None:
        """Takes the loop of asyncio, if another is there. None is there as long as nobody has imported asyncio."""
        if self._loop is not None:
            from .eventloop import loops

            self._loop = loops.replace(self._loop)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """What the import system asks; None lets it ask the others."""
        # In another thread no loop would be found anyway: the current one is each thread's own.
        if name != _NAME or native.get_ident() != native.main_ident:
            return None
        self._forget()
        spec = PathFinder.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self)
        return spec

    def _forget(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)


class _Loader:
    """Loads asyncio as its own loader does, and has the loop made."""

    def __init__(self, loader: Any, late: LateLoop) -> None:
        self._loader = loader
        self._late = late

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        # As if this one had never been there.
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._late.get()
