"""
For who is writing the application (--reload): Starlette and FastAPI answer a request that fails with "Internal Server Error", and raise behind
that. Here the answer waits for what is raised, which the front shows in its place.
"""

from __future__ import annotations

from typing import Any, Callable, List

# What Starlette's ServerErrorMiddleware says where nobody else has said anything. What an application has to say by itself is its answer.
_ANSWER = b"Internal Server Error"


def wrap(interface: str, application: Any) -> Any:
    """The application, or what is called in its place."""
    return _asgi(application) if interface == "asgi" else application


def _asgi(application: Any) -> Callable[[Any, Any, Any], Any]:
    async def shown(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        held: List[Any] = []
        is_open = True

        async def hold(message: Any) -> None:
            nonlocal is_open
            if is_open and _is_bare(message, bool(held)):
                held.append(message)
                return
            is_open = False
            await flush()
            await send(message)

        async def flush() -> None:
            while held:
                await send(held.pop(0))

        # What is raised passes, and nothing was sent: then it is the front that answers.
        await application(scope, receive, hold)
        await flush()

    return shown


def _is_bare(message: Any, is_started: bool) -> bool:
    """Whether it is the next part of the answer that says nothing but that something is wrong."""
    if not isinstance(message, dict):
        return False
    if not is_started:
        return message.get("type") == "http.response.start" and message.get("status") == 500
    return message.get("type") == "http.response.body" and message.get("body") == _ANSWER and not message.get("more_body", False)
