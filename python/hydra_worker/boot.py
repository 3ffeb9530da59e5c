"""The boot document: what the front tells a worker at its start, on one line of standard input."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO, Dict

from .errors import BootError

_DEFAULTS: Dict[str, Any] = {
    "address": "",
    "token": "",
    "schema": "",
    "worker": 0,
    "app": "",
    "factory": False,
    "app_dir": "",
    "interface": "auto",
    "loop": "auto",
    "lifespan": "auto",
    "threads": 1,
    "root_path": "",
    "data_links": 1,
    "log_level": "info",
    "grace_milliseconds": 30_000,
    "interruptible": False,
    "version": "",
    "preload": False,
}


class Boot:
    """The document's fields, each of the type of its default. Unknown keys are ignored."""

    __slots__ = tuple(_DEFAULTS)

    address: str
    token: str
    schema: str
    worker: int
    app: str
    factory: bool
    app_dir: str
    interface: str
    loop: str
    lifespan: str
    threads: int
    root_path: str
    data_links: int
    log_level: str
    grace_milliseconds: int
    interruptible: bool
    version: str
    preload: bool

    def __init__(self, document: Dict[str, Any]) -> None:
        for name, default in _DEFAULTS.items():
            value = document.get(name, default)
            if value is None:
                value = default
            if type(value) is not type(default):
                raise BootError(
                    f"the boot document's {name!r} must be {type(default).__name__}, not {value!r}"
                )
            setattr(self, name, value)
        for name in ("address", "token", "app"):
            if not getattr(self, name):
                raise BootError(f"the boot document has no {name!r}")
        # PEP 3333: SCRIPT_NAME is empty or begins with "/", and is never "/" alone.
        self.root_path = self.root_path.rstrip("/")
        if self.root_path and not self.root_path.startswith("/"):
            self.root_path = "/" + self.root_path
        self.threads = max(1, self.threads)
        self.data_links = max(1, self.data_links)


def parse(line: bytes) -> Boot:
    """Makes a Boot of the line; raises BootError."""
    if not line.strip():
        raise BootError("there is no boot document on standard input; the hydra executable starts this file")
    try:
        document = json.loads(line)
    except ValueError as error:
        raise BootError(f"the boot document is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise BootError("the boot document is not a JSON object")
    return Boot(document)


def read(stream: BinaryIO) -> Boot:
    """
    Reads the document from standard input, then puts the null device in its place: the application must not
    see it.
    """
    line = stream.readline()
    null = os.open(os.devnull, os.O_RDONLY)
    try:
        os.dup2(null, 0)
    finally:
        os.close(null)
    return parse(line)


def prepare_sys_path(boot: Boot) -> None:
    """Puts the application's directory first, as uvicorn's --app-dir does."""
    sys.path.insert(0, os.path.abspath(boot.app_dir) if boot.app_dir else os.getcwd())
