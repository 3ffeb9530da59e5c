"""RSGI over HTTP on a NativeLink: what that is told once, and what it asks of Python when something is rare."""

from __future__ import annotations

from typing import Any, Callable

from .. import requestnames, speedups
from ..mapping import headers_of_block
from .protocol import HTTPProtocol
from .scope import Scope, connection_of_block

_module: Any = speedups.module
_module.configure_rsgi(Scope, connection_of_block, headers_of_block)


class NativeProtocol(_module.RsgiExchange, HTTPProtocol):  # type: ignore[misc]
    """Gives whole responses, and a body that came with its head, without Python."""

    __slots__ = ()

    response_empty_slowly = HTTPProtocol.response_empty
    response_str_slowly = HTTPProtocol.response_str
    response_bytes_slowly = HTTPProtocol.response_bytes
    call_slowly = HTTPProtocol.__call__


def quicken_with(serve: Any, scope: Callable[..., Any], tells_start: bool) -> Callable[[Any], None]:
    """What makes a NativeLink serve an application's HTTP requests. `scope` builds those that tell when their request came."""

    def quicken(link: Any) -> None:
        if requestnames.header:
            # Each request has a name in its context: Python's part gives it.
            return
        link.take_frames_of(NativeProtocol)
        _module.serve_rsgi(link, serve, scope, NativeProtocol, NativeProtocol.run, tells_start)

    return quicken
