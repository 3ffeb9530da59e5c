"""Hydra's own interface over HTTP on a NativeLink: what that is told once, and what it asks of Python when something is rare."""

from __future__ import annotations

from typing import Any, Callable

from .. import requestnames, speedups
from ..connection import parse_connection
from ..mapping import headers_of_block
from .request import Facts, PlainRequest, Request

_module: Any = speedups.module
_module.configure_raw(Facts, parse_connection, headers_of_block)


class NativeRequest(_module.RawExchange, Request):  # type: ignore[misc]
    """Of a coroutine function."""

    __slots__ = ()

    answer_slowly = Request.answer


class NativePlainRequest(_module.RawExchange, PlainRequest):  # type: ignore[misc]
    """Of a function that is none."""

    __slots__ = ()

    answer_slowly = Request.answer


def quicken_with(application: Any, is_plain: bool) -> Callable[[Any], None]:
    """What makes a NativeLink serve an application's HTTP requests."""
    kind = NativePlainRequest if is_plain else NativeRequest

    def quicken(link: Any) -> None:
        if requestnames.header:
            # Each request has a name in its context: Python's part gives it.
            return
        link.take_frames_of(kind)
        _module.serve_raw(link, application, kind, kind.serve, is_plain)

    return quicken
