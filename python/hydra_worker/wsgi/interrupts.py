"""What the log says of a WSGI request whose time is over."""

from __future__ import annotations

from time import monotonic
from typing import List

from .. import stacks
from ..logs import logger
from ..streams import request_id
from .stream import WsgiStream

# As many of the requests that keep all threads busy are named.
_MOST_NAMED = 5


def report_running(link: int, request: WsgiStream, thread: int) -> None:
    """One record with the stack of the thread that runs it."""
    logger.error(
        "%s is interrupted (request %s, %.1f s in this worker). Its thread is here:\n%s",
        _name(request),
        request_id(link, request.id),
        monotonic() - request.started,
        stacks.clip(stacks.of_thread(thread)),
    )


def report_waiting(link: int, stream: int, running: List[WsgiStream]) -> None:
    """No thread has it: it has just ended, or it waits for one."""
    if not running:
        return
    now = monotonic()
    named = [f"{_name(request)} ({now - request.started:.1f} s)" for request in running[:_MOST_NAMED]]
    if len(running) > len(named):
        named.append("…")
    logger.warning("Request %s is not run here. What is: %s", request_id(link, stream), ", ".join(named))


def describe(link: int, request: WsgiStream) -> str:
    """What a thread is said to run."""
    return f"{_name(request)}, request {request_id(link, request.id)}, {monotonic() - request.started:.1f} s"


def _name(request: WsgiStream) -> str:
    return f"{request.head[0].decode('latin-1')} {request.head[1].decode('latin-1')}"
