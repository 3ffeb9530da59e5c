"""An ASGI 2 application: a callable that takes the scope and returns a coroutine function."""


def app(scope):
    async def instance(receive, send):
        body = f"{scope['type']} {scope['path']} {scope['asgi']['version']}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": body})

    return instance
