"""Connections that outlive their worker: a WebSocket or an event stream goes on in another one when its own is reloaded, recycled, or dies.

The client notices nothing. The application is called again, in another worker, with what it has saved::

    from hydra_server import resume

    async def counter(websocket):
        before = resume.of(websocket.scope)
        count = int(before.state) if before else 0
        await websocket.accept()
        async for text in websocket.iter_text():
            count += 1
            await resume.save_state(websocket.scope, str(count).encode())
            await websocket.send_text(str(count))

``save_state`` says two things: what is needed to go on, and that all that was received up to now is dealt with. What was not is received again, then what has come in
between. In a process that the server has not started it raises ``StateUnavailable``. docs/resume.md says what is promised.
"""

import base64
from typing import Any, Mapping, NamedTuple, Optional

from ._state_errors import ClientGone, StateError, StateFull, StateUnavailable, ValueTooLarge
from ._state_link import is_available, on_its_loop, worker

__all__ = ["ClientGone", "Resumed", "StateError", "StateFull", "StateUnavailable", "ValueTooLarge", "of", "save_state"]

# STATUS_… of docs/protocol.md.
_DONE, _MISSING, _REFUSED, _FULL, _TOO_LARGE, _OFF = 0, 1, 2, 4, 5, 9
# Where a scope has its connection, and, among its extensions, what it goes on from.
_CONNECTION = "hydra.connection"
_RESUMED = "hydra.resume"


class Resumed(NamedTuple):
    """From where an application goes on."""

    #: what was saved last
    state: bytes
    #: why: "crash", "reload", "recycle" (--max-requests and the like), "restart" (hydra ctl), "scale" (fewer workers), "hang"
    reason: str
    #: what the client was given since then: whole messages of a WebSocket, bytes of a response's body
    sent: int
    #: the subprotocol that the WebSocket has
    subprotocol: Optional[str]


def of(scope: Mapping[str, Any]) -> Optional[Resumed]:
    """From where the application goes on; None where the connection is a new one.

    Args:
        scope: ASGI's, of the request or the WebSocket. It has the same as ``scope["extensions"]["hydra.resume"]``, with the state in Base64.
    """
    found = (scope.get("extensions") or {}).get(_RESUMED) if hasattr(scope, "get") else None
    if found is None:
        return None
    return Resumed(base64.b64decode(found["state"]), found["reason"], found["sent"], found["subprotocol"])


async def save_state(scope: Mapping[str, Any], data: bytes) -> None:
    """All that was received up to now is dealt with, and this is what is needed to go on. Back, the server has it.

    The first call makes the connection one that outlives its worker: before ``accept`` of a WebSocket, so that it holds for all of its messages; of a response behind its
    head, which has no Content-Length then, to a request without a body. Each further call replaces what was saved before.

    Args:
        scope: ASGI's, of the request or the WebSocket.
        data: up to 64 KiB.

    Raises:
        ClientGone: the client has left, or another worker has the connection. StateFull: --resume-memory is used up; what was saved before holds. ValueTooLarge.
        StateUnavailable: not under Hydra, or --resume-memory 0. ValueError: it cannot outlive its worker.
    """
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError("what is saved is bytes, not %s" % type(data).__name__)
    if not is_available():
        raise StateUnavailable("hydra_server.resume works in the workers of Hydra, and this process is none: it was not started by the server")
    numbers = scope.get(_CONNECTION) if hasattr(scope, "get") else None
    if numbers is None:
        raise ValueError("this scope has no connection that could outlive its worker: it is that of an HTTP request or a WebSocket of ASGI, as the server has made it")
    connection = worker().exchange_of(*numbers)
    if connection is None:
        raise ClientGone("the client has left, or the response is complete")
    state = bytes(data)
    if len(state) > 65536:
        raise ValueTooLarge("what is saved of a connection has at most 64 KiB, not %d bytes" % len(state))
    _check(await on_its_loop(connection, connection.save(state)))


def _check(status: int) -> None:
    if status == _DONE:
        return
    if status == _MISSING:
        raise ClientGone("the client has left, or another worker has the connection")
    if status == _REFUSED:
        raise ValueError(
            "this connection cannot outlive its worker: a response must have begun and have no Content-Length, its request no body; "
            "and hydra_server.resume is to be imported before a WebSocket is accepted"
        )
    if status == _FULL:
        raise StateFull("there is no room for what is to be saved of connections (--resume-memory)")
    if status == _TOO_LARGE:
        raise ValueTooLarge("what is saved of a connection has at most 64 KiB")
    if status == _OFF:
        raise StateUnavailable("no connection outlives its worker here (--resume-memory 0)")
    raise StateError("the server makes no sense of the call (%d)" % status)


if is_available():
    # The front keeps the requests of WebSockets that are accepted from now on.
    worker().keep_requests()
