"""Asks somebody at the terminal, as WSGI and as ASGI application."""

import os
import pdb


def handle(path):
    if path == "/breakpoint":
        breakpoint()
    elif path == "/pdb":
        pdb.set_trace()
    elif path == "/input":
        return b"hello " + input("Your name: ").encode()
    elif path == "/term":
        return b"TERM is " + os.environ["TERM"].encode()
    return b"went on"


def wsgi(environ, start_response):
    body = handle(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    body = handle(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
