"""An ASGI application that shows what the server gives it and does: one small endpoint for each rule.

Paths are /name or /name/key; the key names gates and records (see signals_board.py).
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import socket
import sys

from signals_board import BOARD, blocking_gate, gate, record

ROUTES = {}
LIFESPAN = {"messages": []}


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
        return
    path = scope["path"][len(scope["root_path"]):]
    name, _, key = path.lstrip("/").partition("/")
    handler = ROUTES.get(name)
    if handler is None:
        await respond(send, b"not found", status=404)
    else:
        await handler(scope, receive, send, key)


async def lifespan(scope, receive, send):
    LIFESPAN["scope"] = {k: v for k, v in scope.items() if k != "state"}
    LIFESPAN["messages"].append((await receive())["type"])
    scope["state"]["plain"] = "from the lifespan"
    scope["state"]["shared"] = []
    record("lifespan", "startup")
    await send({"type": "lifespan.startup.complete"})
    await receive()
    record("lifespan", "shutdown")
    print("lifespan shutdown ran", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


def route(handler):
    ROUTES[handler.__name__.replace("_", "-")] = handler
    return handler


async def respond(send, body, status=200, headers=(), content_type=b"text/plain"):
    own = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


async def respond_json(send, value, **kwargs):
    await respond(send, json.dumps(value).encode(), content_type=b"application/json", **kwargs)


def portable(value):
    """The value for JSON, with its type where JSON would lose it."""
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, dict):
        return {k: portable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [portable(v) for v in value]
    return value


async def read_body(receive):
    """The body and what each message carried."""
    body, messages = b"", []
    while True:
        message = await receive()
        messages.append({k: len(v) if k == "body" else v for k, v in message.items()})
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            return body, messages


# What the server gives.


@route
async def scope(scope, receive, send, key):
    shown = {k: portable(v) for k, v in scope.items() if k != "state"}
    shown["types"] = {k: type(v).__name__ for k, v in scope.items()}
    shown["pair-types"] = sorted({f"{type(n).__name__}, {type(v).__name__}" for n, v in scope["headers"]})
    await respond_json(send, shown)


@route
async def lifespan_scope(scope, receive, send, key):
    await respond_json(send, {"scope": portable(LIFESPAN["scope"]), "messages": LIFESPAN["messages"]})


@route
async def state(scope, receive, send, key):
    """Shows the state, then writes to it: a later request must see what was put into a shared object, and nothing else."""
    seen = {k: list(v) if isinstance(v, list) else v for k, v in scope["state"].items()}
    scope["state"]["written"] = key
    scope["state"]["shared"].append(key)
    await respond_json(send, seen)


@route
async def body(scope, receive, send, key):
    content, messages = await read_body(receive)
    digest = hashlib.sha256(content).hexdigest()
    await respond_json(send, {"length": len(content), "sha256": digest, "messages": messages})


@route
async def body_seen(scope, receive, send, key):
    """Records each message as it comes."""
    more = True
    while more:
        message = await receive()
        record(key, message.get("body", b"").decode("latin-1") or message["type"])
        more = message.get("more_body", False)
    await respond(send, b"done")


@route
async def body_sizes(scope, receive, send, key):
    """Records how much came in all, and what ended it."""
    size = 0
    more = True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    record(key, str(size))
    record(key, message["type"])
    await respond(send, b"done")


@route
async def gated_body(scope, receive, send, key):
    """Asks for the body only when the test says so."""
    record(key, "running")
    await gate(key)
    content, _ = await read_body(receive)
    await respond(send, content)


@route
async def mirror(scope, receive, send, key):
    """Sends each piece of the body back as it comes."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": more})


@route
async def receive_after_body(scope, receive, send, key):
    """After the body receive() has nothing to say while the client waits: it must wait, not return."""
    await read_body(receive)
    later = asyncio.ensure_future(receive())
    done, _ = await asyncio.wait([later], timeout=0.3)
    answer = later.result()["type"] if done else "waits"
    await respond(send, answer.encode())
    record(key, (await later)["type"])


@route
async def after_response(scope, receive, send, key):
    await respond(send, b"complete")
    record(key, (await receive())["type"])
    record(key, (await receive())["type"])


@route
async def no_read(scope, receive, send, key):
    """Answers without asking for the body."""
    await respond(send, b"not asked for")


@route
async def wait_for_leaving(scope, receive, send, key):
    await read_body(receive)
    record(key, "waiting")
    record(key, (await receive())["type"])
    try:
        await respond(send, b"too late")
        record(key, "sent")
    except OSError as e:
        record(key, "OSError" if isinstance(e, OSError) else type(e).__name__)


@route
async def stream_until_told(scope, receive, send, key):
    """Waits to be told that the client leaves, and sends on until that fails."""
    await read_body(receive)
    record(key, "running")
    record(key, (await receive())["type"])
    try:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"more", "more_body": True})
            await asyncio.sleep(0)
    except OSError:
        record(key, "OSError")


@route
async def flood(scope, receive, send, key):
    """Sends 256 MB to a client that does not read; records that send() waits, and what it raises when the client leaves."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    piece = bytes(64 * 1024)
    sent = 0

    async def watch():
        last = -1
        while last != sent:
            last = sent
            await asyncio.sleep(1)
        record(key, "blocked")

    watcher = asyncio.ensure_future(watch())
    try:
        while sent < 256 * 1024 * 1024:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            sent += len(piece)
        record(key, "sent everything")
    except OSError:
        record(key, "OSError")
    finally:
        watcher.cancel()


# What the application gives.


@route
async def echo_path(scope, receive, send, key):
    await respond(send, key.encode())


@route
async def hello(scope, receive, send, key):
    await respond(send, b"hello")


@route
async def headers(scope, receive, send, key):
    extra = [(b"Set-Cookie", b"a=1"), (b"x-Mixed-Case", b"kept"), (b"set-cookie", b"b=2"), (b"x-latin", "é".encode("latin-1"))]
    await respond(send, b"see the headers", headers=extra)


@route
async def own_headers(scope, receive, send, key):
    """Headers that servers like to set themselves."""
    own = [(b"date", b"Thu, 01 Jan 1970 00:00:00 GMT"), (b"server", b"probe"), (b"transfer-encoding", b"chunked")]
    await respond(send, b"mine", headers=own)


@route
async def last(scope, receive, send, key):
    await respond(send, b"last", headers=[(b"connection", b"close")])


@route
async def status(scope, receive, send, key):
    """Always sends a body, also where HTTP allows none."""
    headers = [(b"x-key", key.encode())]
    await send({"type": "http.response.start", "status": int(key), "headers": headers})
    await send({"type": "http.response.body", "body": b"a body", "more_body": True})
    await send({"type": "http.response.body", "body": b" in two parts"})


@route
async def chunks(scope, receive, send, key):
    """A response without a length, each piece behind a gate."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for i in range(3):
        await gate(f"{key}-{i}")
        await send({"type": "http.response.body", "body": b"piece %d\n" % i, "more_body": True})
    await send({"type": "http.response.body"})


@route
async def head_first(scope, receive, send, key):
    """The head alone, then the body behind a gate."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    await gate(key)
    await send({"type": "http.response.body", "body": b"late"})


@route
async def empty(scope, receive, send, key):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})


@route
async def slow(scope, receive, send, key):
    record(key, "running")
    await gate(key)
    await respond(send, b"finished")
    record(key, "finished")


@route
async def task(scope, receive, send, key):
    """The current task and its context are real ones."""
    current = asyncio.current_task()
    await asyncio.sleep(0)
    await respond_json(send, {"task": current is not None, "same": current is asyncio.current_task()})


# The process.


@route
async def worker(scope, receive, send, key):
    await respond_json(send, {"id": os.environ["HYDRA_WORKER_ID"], "pid": os.getpid(), "parent": os.getppid()})


@route
async def process(scope, receive, send, key):
    loop = asyncio.get_running_loop()
    facts = {
        "loop": type(loop).__module__, "python": sys.version_info[:2], "executable": sys.executable, "path": sys.path,
        "directory": os.getcwd(), "modules": sorted(sys.modules), "argv": sys.argv, "prefix": sys.prefix,
    }
    await respond_json(send, facts)


@route
async def say(scope, receive, send, key):
    print(f"printed {key}", flush=True)
    print(f"complained {key}", file=sys.stderr, flush=True)
    logging.getLogger("probe").warning("logged %s", key)
    os.write(1, f"from below Python {key}\n".encode())
    await respond(send, b"said")


@route
async def spoil_links(scope, receive, send, key):
    """Writes into the first or the last of the sockets that connect the worker to the server, and gives no answer."""
    frames = {
        "garbage": b"\xa5" * 64,
        "oversized": (0x7FFFFFFF).to_bytes(4, "little") + b"\x12" + bytes(11),
        "wrong-way": (4).to_bytes(4, "little") + b"\x06" + bytes(11) + bytes(4),
        "truncated": (1000).to_bytes(4, "little") + b"\x12" + bytes(11) + b"only a few",
    }
    which, _, what = key.partition("-")
    links = []
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                link = socket.socket(fileno=os.dup(int(name)))
                if link.type == socket.SOCK_STREAM and is_connected(link):
                    links.append(link)
    links[0 if which == "first" else -1].sendall(frames[what])
    if what == "truncated":
        os._exit(0)
    await asyncio.Event().wait()


def is_connected(link):
    try:
        link.getpeername()
    except OSError:
        return False
    # The event loop wakes itself through a pair of sockets without a name; those are none of the server's.
    return link.family == socket.AF_INET or link.getpeername() != ""


@route
async def prove(scope, receive, send, key):
    """Shows which request this is: its id from the path and a header, its length and its hash."""
    content, _ = await read_body(receive)
    named = dict(scope["headers"]).get(b"x-request", b"")
    proof = f"{key} {named.decode()} {len(content)} {hashlib.sha256(content).hexdigest()} {os.environ['HYDRA_WORKER_ID']}"
    await respond(send, proof.encode())


@route
async def prove_after_death(scope, receive, send, key):
    """The first time the worker dies when it has read the body; the second time it proves that it got the same."""
    content, _ = await read_body(receive)
    record(key, len(content))
    if len((BOARD / f"record-{key}").read_text().splitlines()) == 1:
        os._exit(7)
    await respond(send, f"{len(content)} {hashlib.sha256(content).hexdigest()}".encode())


@route
async def block(scope, receive, send, key):
    """Holds the event loop up."""
    record(key, "blocking")
    blocking_gate(key)
    await respond(send, b"unblocked")
