"""
The part of the worker that is native code, where this interpreter can load it: see docs/speedups.md. What it does is done in Python
where it is not there, and what is rare is done in Python anyway.
"""

from __future__ import annotations

import os
import struct
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from typing import Any, Optional

from . import process, wire
from .errors import internal

# The extension module while it is in use. It is decided once, before anything is imported that is built on it.
module: Optional[Any] = None


def use(mode: str) -> None:
    """
    Loads it as `--speedups` says: "auto" where it can be, "on", "off". Raises StartError for "on" where it cannot be.
    """
    global module
    if mode == "off":
        return
    try:
        module = _load()
    except ImportError as error:
        if mode == "on":
            raise internal(f"--speedups on: the native part of the worker cannot be loaded: {error}.") from None


def describe() -> str:
    """What the front's log says behind the loop's name."""
    return ", speedups" if module is not None else ""


def _load() -> Any:
    if sys.implementation.name != "cpython":
        raise ImportError(f"it is made for CPython, and this is {process.python_version()}")
    if not process.has_gil():
        raise ImportError(f"it needs the global interpreter lock, which {process.python_version()} runs without")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_speedups.abi3.so")
    if not os.path.isfile(path):
        # On another system than it was built for, or in an archive.
        raise ImportError(f"there is no {path}")
    # Not by its name alone: the shim's own finder knows sources only.
    name = f"{__package__}._speedups"
    loader = ExtensionFileLoader(name, path)
    spec = ModuleSpec(name, loader, origin=path)
    _speedups: Any = loader.create_module(spec)
    loader.exec_module(_speedups)
    if _speedups.SCHEMA_HASH != wire.SCHEMA_HASH:
        raise ImportError("it is of another build than the shim")
    _speedups.configure(wire.WireError, struct.error)
    return _speedups
