"""Which threads of the worker's a debugger would stop at a breakpoint (pydevd: debugpy, PyCharm)."""

import threading


def stopped():
    return " ".join(
        sorted(
            thread.name
            for thread in threading.enumerate()
            if not (getattr(thread, "is_pydev_daemon_thread", 0) and getattr(thread, "pydev_do_not_trace", 0))
        )
    ).encode()


def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [stopped()]


async def asgi(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": stopped()})
