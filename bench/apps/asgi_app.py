"""The ASGI application of the benchmark: one route for each scenario, no framework."""

import asyncio

TEN_KB = b"0123456789abcdef" * 640
CHUNK = bytes(64 * 1024)
TEXT = (b"content-type", b"text/plain; charset=utf-8")


def head(status, *headers):
    """A response's start with these headers."""
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


async def app(scope, receive, send):
    """Hello is written as the servers' own examples are; everything else is looked up."""
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    if scope["path"] == "/":
        await send({
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"13")],
        })
        await send({"type": "http.response.body", "body": b"Hello, World!"})
        return None
    return await ROUTES[scope["path"]](scope, receive, send)


async def reading_app(scope, receive, send):
    """The same for a server that closes connections whose request the application did not read to its end."""
    if scope["type"] == "http" and scope["method"] == "GET":
        await receive()
    await app(scope, receive, send)


async def lifespan(receive, send):
    """Starts and stops at once."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def ten_kb(scope, receive, send):
    """10 KB in one piece."""
    await send(head(200, TEXT, (b"content-length", b"10240")))
    await send({"type": "http.response.body", "body": TEN_KB})


async def wait(scope, receive, send):
    """Hello after 10 ms."""
    await asyncio.sleep(0.01)
    await send(head(200, TEXT, (b"content-length", b"13")))
    await send({"type": "http.response.body", "body": b"Hello, World!"})


async def post(scope, receive, send):
    """Parses a JSON body and answers with a part of it."""
    import json

    body = b""
    more = True
    while more:
        message = await receive()
        body += message["body"]
        more = message.get("more_body", False)
    answer = json.dumps({"items": len(json.loads(body)["items"])}).encode()
    await send(head(200, (b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))))
    await send({"type": "http.response.body", "body": answer})


async def echo(scope, receive, send):
    """Sends each piece of the body back as it arrives."""
    length = dict(scope["headers"])[b"content-length"]
    await send(head(200, (b"content-type", b"application/octet-stream"), (b"content-length", length)))
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        await send({"type": "http.response.body", "body": message["body"], "more_body": more})


async def upload(scope, receive, send):
    """Answers with the number of bytes that came."""
    count = 0
    more = True
    while more:
        message = await receive()
        count += len(message.get("body", b""))
        more = message.get("more_body", False)
    answer = b"%d" % count
    await send(head(200, TEXT, (b"content-length", b"%d" % len(answer))))
    await send({"type": "http.response.body", "body": answer})


async def download(scope, receive, send):
    """As many bytes as the query says, in pieces of 64 KiB."""
    left = int(scope["query_string"])
    await send(head(200, TEXT, (b"content-length", b"%d" % left)))
    while left > 0:
        piece = CHUNK if left >= len(CHUNK) else CHUNK[:left]
        left -= len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": left > 0})


ROUTES = {
    "/10k": ten_kb,
    "/wait": wait,
    "/json": post,
    "/echo": echo,
    "/upload": upload,
    "/download": download,
}
