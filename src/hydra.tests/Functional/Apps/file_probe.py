"""Applications that have the server send files: `asgi` with ASGI's extensions, `wsgi` with wsgi.file_wrapper. The query names the file."""

import os
from urllib.parse import unquote


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError
    name = unquote(scope["query_string"].decode())
    await ASGI[scope["path"]](scope, send, name)


async def start(send, *headers):
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})


async def path(scope, send, name):
    await start(send, (b"etag", b'"1"'))
    await send({"type": "http.response.pathsend", "path": name})


async def path_with_length(scope, send, name):
    await start(send, (b"content-length", b"1000"))
    await send({"type": "http.response.pathsend", "path": name})


async def descriptor(scope, send, name):
    await start(send)
    await send({"type": "http.response.body", "body": b"<", "more_body": True})
    with open(name, "rb") as file:
        # From here on nobody else could open it.
        os.unlink(name)
        await send({"type": "http.response.zerocopysend", "file": file, "offset": 2, "count": 3, "more_body": True})
        await send({"type": "http.response.body", "body": b"|", "more_body": True})
        await send({"type": "http.response.zerocopysend", "file": file.fileno(), "more_body": True})
    await send({"type": "http.response.body", "body": b">"})


async def hints(scope, send, name):
    await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload; as=style", b"</b.js>; rel=preload"]})
    await start(send)
    await send({"type": "http.response.early_hint", "links": [b"</c.css>; rel=preload"]})
    await send({"type": "http.response.body", "body": ",".join(scope["extensions"]).encode()})


ASGI = {"/path": path, "/path-with-length": path_with_length, "/descriptor": descriptor, "/hints": hints}


def wsgi(environ, start_response):
    name = unquote(environ["QUERY_STRING"])
    if environ["PATH_INFO"] == "/hints":
        environ["wsgi.early_hints"]([("Link", "</a.css>; rel=preload; as=style"), ("Content-Length", "7")])
        start_response("200 OK", [])
        environ["wsgi.early_hints"]([("Link", "</b.js>; rel=preload")])
        return [b"here" if not environ["waitress.client_disconnected"]() else b"gone"]
    if environ["PATH_INFO"] == "/pid":
        start_response("200 OK", [])
        return [str(os.getpid()).encode()]
    start_response("200 OK", [("ETag", '"1"')])
    file = open(name, "rb")
    os.unlink(name)
    file.seek(5)
    return environ["wsgi.file_wrapper"](file)
