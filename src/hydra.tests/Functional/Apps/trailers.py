"""Applications whose responses have fields behind their bodies: `app` by ASGI's extension, `raw` as a raw application, `wsgi` for comparison."""

import hashlib

NAME = "http.response.trailers"


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError
    await ROUTES[scope["path"]](scope, receive, send)


async def start(send, *headers, trailers=True):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain"), *headers], "trailers": trailers})


async def sum_of(scope, receive, send):
    """A body in pieces, and what it adds up to, which nobody knew before."""
    digest = hashlib.sha256()
    await start(send, (b"trailer", b"x-sum"), (b"cache-control", b"max-age=60"))
    for number in range(100):
        piece = b"%d " % number * 100
        digest.update(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})
    await send({"type": NAME, "headers": [(b"x-sum", digest.hexdigest().encode())], "more_trailers": True})
    await send({"type": NAME, "headers": [(b"x-more", "für".encode("latin-1"))]})


async def length(scope, receive, send):
    await start(send, (b"content-length", b"5"))
    await send({"type": "http.response.body", "body": b"hello"})
    await send({"type": NAME, "headers": [(b"x-sum", b"7")]})


async def file(scope, receive, send):
    await start(send)
    await send({"type": "http.response.pathsend", "path": __file__})
    await send({"type": NAME, "headers": [(b"x-sum", b"7")]})


async def extensions(scope, receive, send):
    await start(send, trailers=False)
    await send({"type": "http.response.body", "body": ",".join(sorted(scope["extensions"])).encode()})


async def forgets(scope, receive, send):
    await start(send)
    await send({"type": "http.response.body", "body": b"hello"})


async def forbidden(scope, receive, send):
    await start(send)
    await send({"type": "http.response.body", "body": b"hello"})
    await send({"type": NAME, "headers": [(b"set-cookie", b"a=b")]})


async def unpromised(scope, receive, send):
    await start(send, trailers=False)
    await send({"type": "http.response.body", "body": b"hello", "more_body": True})
    await send({"type": NAME, "headers": [(b"x-sum", b"7")]})


async def grpc(scope, receive, send):
    """As gRPC over HTTP/2 has it: the outcome of a call is known behind its messages."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    assert NAME in scope["extensions"]
    headers = [(b"content-type", b"application/grpc+proto")]
    await send({"type": "http.response.start", "status": 200, "headers": headers, "trailers": True})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    await send({"type": NAME, "headers": [(b"grpc-status", b"0"), (b"grpc-message", b"fine")], "more_trailers": False})


async def hints(scope, receive, send):
    # As Starlette sends them, without a look at the extensions.
    await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})
    await extensions(scope, receive, send)


async def starlette(scope, receive, send):
    """Middleware that adds them to a framework's response, where the client takes them."""
    from starlette.responses import StreamingResponse

    async def numbers():
        for number in range(3):
            yield "%d " % number

    async def with_trailers(message):
        if NAME not in scope["extensions"]:
            await send(message)
        elif message["type"] == "http.response.start":
            await send(dict(message, trailers=True))
        else:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                await send({"type": NAME, "headers": [(b"server-timing", b"app;dur=1")]})

    await StreamingResponse(numbers(), media_type="text/plain")(scope, receive, with_trailers)


ROUTES = {
    "/sum": sum_of,
    "/length": length,
    "/file": file,
    "/extensions": extensions,
    "/forgets": forgets,
    "/forbidden": forbidden,
    "/unpromised": unpromised,
    "/grpc": grpc,
    "/hints": hints,
    "/starlette": starlette,
}


async def raw(request):
    size = 0

    async def body():
        nonlocal size
        for piece in ("one ", "two"):
            size += len(piece)
            yield piece

    return 200, [("content-type", "text/plain")], body(), lambda: [("x-size", str(size))]


def wsgi(environ, start_response):
    environ["wsgi.early_hints"]([("Link", "</a.css>; rel=preload")])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["SERVER_PROTOCOL"].encode()]
