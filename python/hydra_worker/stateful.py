"""What `hydra_server` needs of the worker that it is imported in: links for shared state, and the numbers of the protocol."""

from __future__ import annotations

import socket
from typing import Any, Callable, List, Optional

from . import forks, links, native, wire as wire
from .boot import Boot

# Whether the application has imported what has its connections go on in other workers: the front keeps their requests then.
resumes = False

_boot: Optional[Boot] = None
# The event loop of asyncio that serves, or the first of them; None where there is none.
loop: Optional[Any] = None
_serves = False
_waiting: List[Callable[[], None]] = []


def use(boot: Boot) -> None:
    """The boot document of this process, from which its links are opened: that of the template, then that of the worker."""
    global _boot
    _boot = boot


def is_there() -> bool:
    """Whether this process is a worker, a template, or was forked from one."""
    return _boot is not None


def when_serving(function: Callable[[], None]) -> None:
    """Has it called when the worker is ready: now, where it is. Not in children of a worker, and in those of a template once they are workers."""
    if not _serves:
        _waiting.append(function)
    elif not forks.is_child:
        function()


def begin() -> None:
    """This worker is ready."""
    global _serves
    _serves = True
    while _waiting:
        _waiting.pop()()


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


def is_exchange(value: Any) -> bool:
    """Whether this is an exchange itself, as it is for applications of RSGI and raw."""
    from .eventloop.exchange import LoopExchange

    return isinstance(value, LoopExchange)


def exchange_of(link: int, number: int) -> Any:
    """The exchange of a scope, which has these numbers as "hydra.connection"; None where it is over."""
    from .eventloop.link import LINKS

    found = LINKS.get(link)
    return None if found is None else found.streams.get(number)
