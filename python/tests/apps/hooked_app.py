"""See hooked.py."""

import hooked


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        hooked.DONE.append("lifespan")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": "\n".join(hooked.DONE).encode()})


def wsgi(environ, start_response):
    start_response("200 OK", [])
    return ["\n".join(hooked.DONE).encode()]
