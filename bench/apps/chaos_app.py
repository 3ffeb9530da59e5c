"""The application of the chaos test, as ASGI and as WSGI: every answer proves which request it answers.

    /proof/NUMBER?wait=MS&burn=MS&stream=PIECES&most=BYTES     waits, computes, answers in pieces; the body is the number's
    /loop                                           never comes back
    /count                                          the number of bytes of the body, for bodies of any size
    /trickle?BYTES                                  a body that comes as fast as the client takes it

With CHAOS_JOURNAL each process writes into a file of its own there which requests it began and which it ended.
"""

import asyncio
import os
import time
from urllib.parse import parse_qsl

from chaos_proof import body_of, proof_of

VERSION = "1"
PIECE = bytes(64 * 1024)
_journal = None


def note(event, number):
    """One line in the journal; complete or not there at all when the process is killed."""
    global _journal
    directory = os.environ.get("CHAOS_JOURNAL")
    if directory:
        if _journal is None or _journal[0] != os.getpid():
            path = os.path.join(directory, f"{os.getpid()}")
            _journal = os.getpid(), os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(_journal[1], b"%s %s\n" % (event, number))


def burn(milliseconds):
    """Computes for so long, measured in CPU time of this thread."""
    end = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end:
        sum(range(2000))


def endless_loop():
    """What the log must show."""
    while True:
        sum(range(2000))


def answer(path_number, header_number, body, most):
    """The headers that prove it, and the body, or its beginning."""
    number = int(path_number)
    if path_number != header_number:
        raise ValueError(f"path of {path_number}, headers of {header_number}")
    payload = body_of(number)[:most]
    return payload, [
        ("content-type", "application/octet-stream"),
        ("x-proof", proof_of(number, body)),
        ("x-process", str(os.getpid())),
        ("x-version", VERSION),
    ]


def most_of(query):
    """How much of the body is wanted; None is all."""
    return int(query["most"]) if "most" in query else None


def split(payload, pieces):
    """The payload in so many pieces, none empty as far as possible."""
    size = len(payload) // pieces + 1
    return [payload[start:start + size] for start in range(0, len(payload), size)] or [b""]


async def app(scope, receive, send):
    """The ASGI application."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    path = scope["path"]
    query = dict(parse_qsl(scope["query_string"].decode()))
    if path == "/loop":
        endless_loop()
    if path == "/trickle":
        return await trickle(int(scope["query_string"]), send)
    if path == "/count":
        return await count(receive, send)
    number = path.rpartition("/")[2]
    note(b"begin", number.encode())
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if "wait" in query:
        await asyncio.sleep(int(query["wait"]) / 1000)
    if "burn" in query:
        burn(int(query["burn"]))
    payload, headers = answer(number, dict(scope["headers"]).get(b"x-number", b"").decode(), body, most_of(query))
    pieces = split(payload, int(query.get("stream", 1)))
    if len(pieces) == 1:
        headers.append(("content-length", str(len(payload))))
    headers = [(name.encode(), value.encode()) for name, value in headers]
    note(b"end", number.encode())
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        await send({"type": "http.response.body", "body": piece, "more_body": not last})
        if not last:
            await asyncio.sleep(0.02)


async def count(receive, send):
    """Reads a body of any size and answers with its length."""
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    text = b"%d" % size
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


async def trickle(size, send):
    """Sends what the client takes."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
    while size > 0:
        piece = PIECE[:size]
        size -= len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": size > 0})


def wsgi(environ, start_response):
    """The WSGI application."""
    path = environ["PATH_INFO"]
    query = dict(parse_qsl(environ["QUERY_STRING"]))
    if path == "/loop":
        endless_loop()
    if path == "/trickle":
        size = int(environ["QUERY_STRING"])
        start_response("200 OK", [("Content-Length", str(size))])
        return (PIECE[:min(len(PIECE), size - start)] for start in range(0, size, len(PIECE)))
    if path == "/count":
        size = sum(len(piece) for piece in iter(lambda: environ["wsgi.input"].read(65536), b""))
        start_response("200 OK", [("Content-Length", str(len(str(size))))])
        return [b"%d" % size]
    number = path.rpartition("/")[2]
    note(b"begin", number.encode())
    body = environ["wsgi.input"].read()
    if "wait" in query:
        time.sleep(int(query["wait"]) / 1000)
    if "burn" in query:
        burn(int(query["burn"]))
    payload, headers = answer(number, environ.get("HTTP_X_NUMBER", ""), body, most_of(query))
    pieces = split(payload, int(query.get("stream", 1)))
    if len(pieces) == 1:
        headers.append(("content-length", str(len(payload))))
    note(b"end", number.encode())
    start_response("200 OK", headers)
    return slowly(pieces) if len(pieces) > 1 else pieces


def slowly(pieces):
    """Piece by piece."""
    for index, piece in enumerate(pieces):
        if index:
            time.sleep(0.02)
        yield piece
