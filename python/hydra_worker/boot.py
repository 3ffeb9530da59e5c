"""The boot document: what the front tells a worker at its start, on one line of standard input."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO, Dict, List

from . import title, wire
from .errors import BootError


class Boot:
    """The document's fields, which are those that wire.BOOT has of the front's BootDocument."""

    __slots__ = tuple(wire.BOOT)

    schema: str
    address: str
    token: str
    worker: int
    app: str
    factory: bool
    app_dir: str
    interface: str
    loop: str
    speedups: str
    lifespan: str
    threads: int
    worker_loops: int
    data_links: int
    busy_poll_microseconds: int
    log_level: str
    grace_milliseconds: int
    interruptible: bool
    disconnect_milliseconds: int
    request_id_header: str
    log_config: str
    request_start: bool
    collect_application: bool
    collect_routes: bool
    terminal: bool
    name: str
    arguments: str
    variables: str
    version: str
    preload: bool
    exit_hook: str
    ended: str
    start_hooks: str
    ready_hooks: str
    starting_hooks: str
    reload_hooks: str
    event: str
    instrument: str
    development: bool

    def __init__(self, document: Dict[str, Any]) -> None:
        if document.get("schema") != str(wire.SCHEMA_HASH):
            raise BootError("this shim and its front are of different builds (their schema hashes differ)")
        for name in document:
            if name not in wire.BOOT:
                raise BootError(f"the boot document has the unknown field {name!r}")
        for name, kind in wire.BOOT.items():
            if name not in document:
                raise BootError(f"the boot document has no {name!r}")
            value = document[name]
            if type(value) is not kind:
                raise BootError(f"the boot document's {name!r} must be {kind.__name__}, not {value!r}")
            setattr(self, name, value)
        for name in ("address", "token", "app"):
            if not getattr(self, name):
                raise BootError(f"the boot document has an empty {name!r}")
        self.app_dir = os.fsdecode(self.app_dir.encode("latin-1"))
        self.log_config = os.fsdecode(self.log_config.encode("latin-1"))
        self.threads = max(0, self.threads)
        self.worker_loops = max(1, self.worker_loops)
        self.data_links = max(self.worker_loops, self.data_links)


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


def prepare_process(boot: Boot) -> None:
    """What the application is to find as the user has given it to the server: arguments and environment."""
    arguments = _strings(boot.arguments)
    if arguments:
        # As under servers that are Python programs: theirs, and not those of a file that the user does not know.
        sys.argv[:] = [os.fsdecode(argument) for argument in arguments]
    for variable in _strings(boot.variables):
        name, _, value = variable.partition(b"=")
        # As it came here the bytes that are no text have been replaced.
        os.environ.pop(name.decode("utf-8", "replace"), None)
        os.environ[os.fsdecode(name)] = os.fsdecode(value)
    title.show(boot)


def _strings(text: str) -> List[bytes]:
    """What the front's OddBytes has joined."""
    return text.encode("latin-1").split(b"\0") if text else []


def prepare_sys_path(boot: Boot) -> None:
    """Puts the application's directory first, as uvicorn's --app-dir does."""
    sys.path.insert(0, os.path.abspath(boot.app_dir) if boot.app_dir else os.getcwd())
