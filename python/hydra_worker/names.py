"""
Modules of the application that are called as one of the shim's, or of the standard library's that the shim needs.

The shim's package is `_hydra.hydra_worker` (see hydra_shim.py), so that an application may have a `hydra_worker` of its own. One that
has none, and whose adapter builds on the shim, finds the shim by that name.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Optional

from .boot import Boot

_OWN = "_hydra.hydra_worker"
# The types of the raw interface, which lie beside the package.
_TYPES = "hydra_raw"
# What applications import to use the server. It speaks this build's protocol, so that of an installed wheel is not taken.
_SERVER = "hydra_server"
_NAME = "hydra_worker"

# What the shim imports when it needs it, which may be long after the application's directory was put first on sys.path.
_LATER = ("ast", "ctypes", "difflib", "inspect", "pkgutil", "sysconfig", "traceback", "urllib.parse")
_ENGINES = ("wsgi.engine",)
_LOOP_ENGINES = ("eventloop.loops", "eventloop.engine", "asgi.engine", "rsgi.engine", "raw.engine")


class _Alias:
    """Finds the shim by its usual name: the package where nobody else has it, its modules where it is the package."""

    def __init__(self, is_last: bool) -> None:
        self._is_last = is_last

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[ModuleSpec]:
        if self._is_last:
            return ModuleSpec(name, self) if name in (_NAME, _TYPES) else None  # type: ignore[arg-type]
        if name == _SERVER or name.startswith(_SERVER + "."):
            return ModuleSpec(name, self)  # type: ignore[arg-type]
        if name.startswith(_NAME + ".") and sys.modules.get(_NAME) is sys.modules.get(_OWN):
            return ModuleSpec(name, self)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: ModuleSpec) -> Optional[ModuleType]:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name.startswith(_NAME):
            own = _OWN + name[len(_NAME) :]
        else:
            own = f"_hydra.{name}"
        sys.modules[name] = importlib.import_module(own)


def prepare(boot: Boot) -> None:
    """Before the application's directory is put first on sys.path."""
    _share_own()
    _import_what_is_hidden(boot, wants_loop=boot.interface != "wsgi")


def _share_own() -> None:
    """The application may import the shim as `hydra_worker`, unless it has a module of that name."""
    if __name__.startswith(_OWN + "."):
        sys.meta_path.insert(0, _Alias(is_last=False))  # type: ignore[arg-type]
        sys.meta_path.append(_Alias(is_last=True))  # type: ignore[arg-type]


def _import_what_is_hidden(boot: Boot, wants_loop: bool) -> None:
    """
    Where the application's directory has a module that is called as one of the standard library's the shim takes all that it
    needs now. Any other application shall not wait for that.
    """
    standard = getattr(sys, "stdlib_module_names", None) or {name.partition(".")[0] for name in (*_LATER, "asyncio")}
    try:
        entries = os.listdir(boot.app_dir or os.curdir)
    except OSError:
        # An archive, or nothing that can be listed.
        return
    if not any(entry.partition(".")[0] in standard for entry in entries):
        return
    package = __name__.rpartition(".")[0]
    for name in _LATER:
        importlib.import_module(name)
    for name in (*_ENGINES, *(_LOOP_ENGINES if wants_loop else ())):
        importlib.import_module(f"{package}.{name}")
