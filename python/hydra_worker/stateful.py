"""What `hydra_server` needs of the worker that it is imported in: links for shared state, and the numbers of the protocol."""

from __future__ import annotations

import socket
from typing import Any, Callable, Optional

from . import links, native, wire as wire
from .boot import Boot

# Whether the application has imported what has its connections go on in other workers: the front keeps their requests then.
resumes = False

_boot: Optional[Boot] = None


def use(boot: Boot) -> None:
    """The boot document of this process, from which its links are opened: that of the template, then that of the worker."""
    global _boot
    _boot = boot


def is_there() -> bool:
    """Whether this process is a worker, a template, or was forked from one."""
    return _boot is not None


def keep_requests() -> None:
    """Connections may have to go on in other workers."""
    global resumes
    resumes = True


def connect(make: Optional[Callable[..., socket.socket]]) -> socket.socket:
    """
    Opens a link. `make` is the socket's class: what waits in the application's own way wants that of the application, which may be patched.
    Raises BootError where the front has none for it.
    """
    assert _boot is not None
    sock, _, _ = links.open_link(_boot, wire.LINK_STATE, make=make or native.Socket)
    return sock


def exchange_of(link: int, number: int) -> Any:
    """The exchange of a scope, which has these numbers as "hydra.connection"; None where it is over."""
    from .eventloop.link import LINKS

    found = LINKS.get(link)
    return None if found is None else found.streams.get(number)
