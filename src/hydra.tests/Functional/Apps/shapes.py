"""The forms in which applications come. Each answers with the name of its form."""

import functools


async def _answer(send, text):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text.encode()})


async def function(scope, receive, send):
    assert scope["type"] == "http"
    await _answer(send, "asgi function")


class _Instance:
    async def __call__(self, scope, receive, send):
        assert scope["type"] == "http"
        await _answer(send, "asgi instance")


instance = _Instance()


async def _with_name(name, scope, receive, send):
    assert scope["type"] == "http"
    await _answer(send, name)


partial = functools.partial(_with_name, "asgi partial")


class TwoClass:
    def __init__(self, scope):
        self.scope = scope

    async def __call__(self, receive, send):
        await _answer(send, "asgi2 class")


def two_function(scope):
    async def run(receive, send):
        await _answer(send, "asgi2 function")
    return run


def wsgi_function(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"wsgi function"]


class _WsgiInstance:
    def __call__(self, environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"wsgi instance"]


wsgi_instance = _WsgiInstance()


def create():
    return instance


class _Holder:
    inner = instance
    make = staticmethod(create)


holder = _Holder()
