"""
An ASGI application with one path for each case of the tests. What cannot be seen in a response is kept in
EVENTS.
"""

import asyncio
import contextvars
import json
import os
import sys
import time

CASES = {}
EVENTS = []
variable = contextvars.ContextVar("variable", default="unset")


def case(function):
    CASES["/" + function.__name__] = function
    return function


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http":
        return await CASES[scope["path"]](scope, receive, send)
    else:
        raise ValueError(scope["type"])


async def lifespan(scope, receive, send):
    assert await receive() == {"type": "lifespan.startup"}
    scope["state"]["numbers"] = [1]
    scope["state"]["name"] = "from lifespan"
    variable.set("set in the lifespan")
    await send({"type": "lifespan.startup.complete"})
    assert await receive() == {"type": "lifespan.shutdown"}
    print("lifespan shutdown")
    await send({"type": "lifespan.shutdown.complete"})


async def answer(send, body=b"", status=200, headers=()):
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def answer_json(send, value):
    await answer(send, json.dumps(value, default=repr).encode())


async def read_all(receive):
    body = b""
    while True:
        message = await receive()
        assert message["type"] == "http.request", message
        body += message["body"]
        if not message["more_body"]:
            return body


@case
async def scope(scope, receive, send):
    shown = {key: value for key, value in scope.items()}
    shown["types"] = {key: type(value).__name__ for key, value in scope.items()}
    shown["pair_types"] = sorted({type(part).__name__ for pair in scope["headers"] for part in pair})
    await answer_json(send, shown)


@case
async def mutate_scope(scope, receive, send):
    seen = {
        "headers": len(scope["headers"]),
        "numbers": list(scope["state"]["numbers"]),
        "keys": sorted(scope["state"]),
    }
    scope["headers"].append((b"added", b"1"))
    scope["asgi"]["added"] = 1
    scope["extensions"]["added"] = {}
    scope["state"]["added"] = 1
    scope["state"]["numbers"].append(2)
    seen["asgi"] = sorted(scope["asgi"])
    seen["extensions"] = sorted(scope["extensions"])
    await answer_json(send, seen)


@case
async def events(scope, receive, send):
    await answer_json(send, EVENTS)


@case
async def echo(scope, receive, send):
    await answer(send, await read_all(receive))


@case
async def messages(scope, receive, send):
    """The messages of receive() up to the end of the body."""
    seen = []
    while True:
        message = await receive()
        seen.append([message["type"], len(message.get("body", b"")), message.get("more_body")])
        if not message.get("more_body"):
            break
    await answer_json(send, seen)


@case
async def receive_after_response(scope, receive, send):
    await read_all(receive)
    await answer(send, b"done")
    EVENTS.append(await receive())
    EVENTS.append(await receive())


@case
async def wait_for_disconnect(scope, receive, send):
    await read_all(receive)
    EVENTS.append("waiting")
    EVENTS.append(await receive())
    try:
        await send({"type": "http.response.start", "status": 200})
        for _ in range(2):
            await send(dict(BODY, body=b"x", more_body=True))
    except OSError as error:
        EVENTS.append(type(error).__name__)
        raise


@case
async def answer_at_disconnect(scope, receive, send):
    await read_all(receive)
    EVENTS.append("waiting")
    EVENTS.append(await receive())
    await answer(send, b"all the same")


@case
async def return_at_disconnect(scope, receive, send):
    await read_all(receive)
    await receive()


@case
async def disconnect_with_body_pending(scope, receive, send):
    await asyncio.wait_for(GATES["body"].wait(), 20)
    message = await receive()
    while message["type"] == "http.request":
        EVENTS.append([message["type"], len(message["body"])])
        message = await receive()
    EVENTS.append(message["type"])


GATES = {}


@case
async def open_gate(scope, receive, send):
    GATES[scope["query_string"].decode()].set()
    await answer(send)


@case
async def make_gate(scope, receive, send):
    GATES[scope["query_string"].decode()] = asyncio.Event()
    await answer(send)


@case
async def wait_at_gate(scope, receive, send):
    name = scope["query_string"].decode()
    await GATES[name].wait()
    await answer(send, b"through " + name.encode())


@case
async def concurrent_receive(scope, receive, send):
    """
    Four tasks receive at once; all of the body must come out, once, and one of them is cancelled while it
    waits.
    """
    parts = []

    async def reader():
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            parts.append(message["body"])
            if not message["more_body"]:
                ended.set()

    ended = asyncio.Event()
    tasks = [asyncio.ensure_future(reader()) for _ in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await ended.wait()
    await answer(send, b"".join(sorted(parts)))
    await asyncio.gather(*tasks, return_exceptions=True)
    EVENTS.append([task.cancelled() for task in tasks])


@case
async def stream(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for number in range(5):
        await send({"type": "http.response.body", "body": b"part %d\n" % number, "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body"})


@case
async def empty_first_body(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "more_body": True})
    await GATES["go"].wait()
    await send({"type": "http.response.body", "body": b"late"})


@case
async def large(scope, receive, send):
    """As many bytes as the query says, in one message."""
    size = int(scope["query_string"])
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    headers = [(b"content-length", str(size).encode())]
    await answer(send, body, headers=headers)
    EVENTS.append("large sent")


@case
async def concurrent_send(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await asyncio.gather(
        send({"type": "http.response.body", "body": b"a" * 300_000, "more_body": True}),
        send({"type": "http.response.body", "body": b"b" * 10, "more_body": True}),
        send({"type": "http.response.body", "body": b"c" * 100_000, "more_body": True}),
    )
    await send({"type": "http.response.body", "body": b"d"})


@case
async def send_cancelled(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    try:
        await asyncio.wait_for(
            send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True}), 0.01
        )
    except asyncio.TimeoutError:
        EVENTS.append("timed out")
    await send({"type": "http.response.body", "body": b"after"})


@case
async def endless(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    try:
        while True:
            await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
            await asyncio.sleep(0)
    except OSError as error:
        EVENTS.append("stopped by " + type(error).__name__)
        raise


@case
async def buffers(scope, receive, send):
    """bytearray and memoryview bodies, changed right after they were sent."""
    await send({"type": "http.response.start", "status": 200})
    data = bytearray(b"first ")
    await send({"type": "http.response.body", "body": data, "more_body": True})
    data[:] = b"XXXXXX"
    more = bytearray(b"second")
    await send({"type": "http.response.body", "body": memoryview(more)})
    more[:] = b"YYYYYY"


@case
async def raises(scope, receive, send):
    raise ZeroDivisionError("before the start")


@case
async def raises_held(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    raise ZeroDivisionError("between start and body")


@case
async def raises_sent(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"some", "more_body": True})
    raise ZeroDivisionError("in the middle")


@case
async def raises_after(scope, receive, send):
    await answer(send, b"complete")
    raise ZeroDivisionError("after the end")


@case
async def raises_system_exit(scope, receive, send):
    raise SystemExit(7)


@case
async def raises_cancelled(scope, receive, send):
    raise asyncio.CancelledError()


@case
async def no_response(scope, receive, send):
    return


@case
async def incomplete(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"some", "more_body": True})


@case
async def only_start(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})


@case
async def returns_value(scope, receive, send):
    await answer(send, b"fine")
    return 5


START = {"type": "http.response.start", "status": 200}
BODY = {"type": "http.response.body", "body": b"x"}


def start(**changes):
    return dict(START, **changes)


def headers(*pairs):
    return start(headers=list(pairs))


# Messages that break a rule: the last one of each must raise.
BROKEN = {
    "body_first": [BODY],
    "start_twice": [START, START],
    "start_after_body": [START, dict(BODY, more_body=True), START],
    "unknown": [{"type": "http.response.push"}],
    "websocket": [{"type": "websocket.accept"}],
    "trailers": [START, {"type": "http.response.trailers", "headers": []}],
    "no_type": [{"status": 200}],
    "no_status": [{"type": "http.response.start"}],
    "status_text": [start(status="200")],
    "status_low": [start(status=101)],
    "status_high": [start(status=1000)],
    "status_bool": [start(status=True)],
    "headers_none": [start(headers=None)],
    "headers_text": [headers(("a", "b"))],
    "header_value_text": [headers((b"a", "b"))],
    "header_name_text": [headers(("a", b"b"))],
    "header_not_pair": [headers((b"a",))],
    "header_triple": [headers((b"a", b"b", b"c"))],
    "header_empty_name": [headers((b"", b"b"))],
    "header_space_name": [headers((b"a b", b"b"))],
    "header_colon_name": [headers((b"a:", b"b"))],
    "header_pseudo": [headers((b":status", b"200"))],
    "header_newline_name": [headers((b"a\n", b"b"))],
    "header_cr": [headers((b"a", b"b\rc"))],
    "header_lf": [headers((b"a", b"b\nset-cookie: x"))],
    "header_nul": [headers((b"a", b"b\0c"))],
    "header_control": [headers((b"a", b"b\x07"))],
    "headers_huge": [headers((b"a", b"b" * 140_000))],
    "length_text": [headers((b"content-length", b"five"))],
    "length_negative": [headers((b"content-length", b"-1"))],
    "length_two": [headers((b"content-length", b"1"), (b"Content-Length", b"2"))],
    "body_text": [START, dict(BODY, body="x")],
    "body_none": [START, dict(BODY, body=None)],
    "body_list": [START, dict(BODY, body=[1, 2])],
    "shorter": [headers((b"content-length", b"3")), dict(BODY, body=b"x")],
    "shorter_late": [headers((b"content-length", b"3")), dict(BODY, more_body=True), BODY],
}
LATE = ("start_after_body", "shorter_late")


@case
async def breaks(scope, receive, send):
    """Sends a sequence of BROKEN and lets the error through."""
    sequence = BROKEN[scope["query_string"].decode()]
    for message in sequence[:-1]:
        await send(message)
    EVENTS.append("sending the last")
    await send(sequence[-1])
    EVENTS.append("the last was sent")


@case
async def breaks_and_swallows(scope, receive, send):
    """As breaks, but the application takes no notice of the error."""
    sequence = BROKEN[scope["query_string"].decode()]
    for message in sequence:
        try:
            await send(message)
        except Exception:
            pass


@case
async def breaks_and_recovers(scope, receive, send):
    """As error middleware does: an error page takes the place of a response that was never sent."""
    try:
        await send(headers((b"a", b"b\nc")))
    except RuntimeError as error:
        await answer(send, str(error).encode(), status=500)


@case
async def send_after_end(scope, receive, send):
    await answer(send, b"x")
    for message in (BODY, START):
        try:
            await send(message)
        except RuntimeError as error:
            EVENTS.append(str(error))


@case
async def special_status(scope, receive, send):
    status = int(scope["query_string"])
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-length", b"5"), (b"x-a", b"b")],
        }
    )
    await send({"type": "http.response.body", "body": b"he", "more_body": True})
    await send({"type": "http.response.body", "body": b"llo and more than was promised"})


@case
async def transfer_encoding(scope, receive, send):
    await answer(
        send, b"x", headers=[(b"Transfer-Encoding", b"chunked"), (b"X-Case", b"Kept"), (b"x-empty", b"")]
    )


@case
async def context(scope, receive, send):
    """Each request has a context of its own, and shares none with the lifespan or the loop."""
    before = variable.get()
    variable.set("set by " + scope["query_string"].decode())
    if scope["query_string"] == b"late":
        await asyncio.sleep(0)
    await answer_json(send, [before, variable.get()])


@case
async def task(scope, receive, send):
    current = asyncio.current_task()
    first = [type(current).__name__, isinstance(current, asyncio.Task), current in asyncio.all_tasks()]
    name = current.get_name()
    running = asyncio.get_running_loop() is asyncio.get_event_loop()
    await asyncio.sleep(0)
    same = asyncio.current_task() is current
    await answer_json(send, [first, same, name.startswith("Task-"), running, current.get_coro().__name__])


@case
async def library(scope, receive, send):
    import sniffio

    await answer_json(send, sniffio.current_async_library())


@case
async def cancel_self(scope, receive, send):
    """Cancelled in the first step, and before it."""
    asyncio.current_task().cancel()
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        await answer(send, b"cancelled")


@case
async def timeouts(scope, receive, send):
    seen = []
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.001)
    except asyncio.TimeoutError:
        seen.append("wait_for")
    if hasattr(asyncio, "timeout"):
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(10)
        except asyncio.TimeoutError:
            seen.append("timeout")
    if hasattr(asyncio, "TaskGroup"):
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
        seen.append("group")
    await answer_json(send, seen)


@case
async def anyio_features(scope, receive, send):
    import anyio

    seen = []
    with anyio.move_on_after(0.001) as moved:
        await anyio.sleep(10)
    seen.append(moved.cancel_called)
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)
    seen.append(await anyio.to_thread.run_sync(lambda: "thread"))
    with anyio.CancelScope() as outer:
        outer.cancel()
        try:
            await anyio.sleep(1)
        except BaseException as error:
            seen.append(type(error).__name__)
            raise
    await answer_json(send, seen)


@case
async def background(scope, receive, send):
    """Goes on after the response, as Starlette's background tasks do."""
    await answer(send, b"answered")
    await GATES["background"].wait()
    print("background done")


@case
async def stubborn(scope, receive, send):
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("stubborn was cancelled")
        raise


def note_begun(flag):
    """For Front.wait_begun(): a byte for each request."""
    import os

    if os.path.isdir(os.path.dirname(flag)):
        with open(flag + ".begun", "a") as file:
            file.write(".")


@case
async def blocks(scope, receive, send):
    """Holds the loop until the file that the query names is there."""
    import os
    import time

    note_begun(scope["query_string"].decode())
    while not os.path.exists(scope["query_string"].decode()):
        time.sleep(0.01)
    await answer(send, b"unblocked")


@case
async def logs(scope, receive, send):
    import logging

    logging.getLogger("app.sub").info("info of %s", "the app")
    logging.getLogger("app.sub").debug("debug of the app")
    try:
        raise KeyError("logged")
    except KeyError:
        logging.getLogger("app").exception("with traceback")
    logging.getLogger("app").warning("x" * 400_000)
    logging.getLogger("n" * 300).critical("a lone surrogate: \udc80")
    await answer(send)


async def asgi3_plain(scope, receive, send):
    await answer(send, b"asgi3")


class Asgi2:
    def __init__(self, scope):
        self.scope = scope

    async def __call__(self, receive, send):
        assert self.scope["asgi"]["version"] == "2.0"
        if self.scope["type"] == "lifespan":
            await lifespan(self.scope, receive, send)
        else:
            await answer(send, b"asgi2 " + self.scope["method"].encode())


@case
async def head_alone(scope, receive, send):
    """Nothing of the body until the gate is open; in a later step than the first if it is so asked."""
    if scope["query_string"] == b"later":
        await asyncio.sleep(0)
    await send(headers())
    GATES["head"] = asyncio.Event()
    await GATES["head"].wait()
    await send(dict(BODY, body=b"at last"))


@case
async def open_head(scope, receive, send):
    GATES["head"].set()
    await send(headers())
    await send(BODY)


@case
async def complete_and_blocks(scope, receive, send):
    """The response is complete, and the loop is kept until the file is there."""
    if scope["query_string"].endswith(b".later"):
        await asyncio.sleep(0)
    await send(headers())
    await send(dict(BODY, body=b"complete"))
    while not os.path.exists(scope["query_string"]):
        time.sleep(0.001)


@case
async def longer_than_promised(scope, receive, send):
    await send(headers((b"content-length", b"6")))
    for _ in range(5):
        await send(dict(BODY, body=b"four", more_body=True))
    await send(BODY)
    EVENTS.append("sent all")


@case
async def ends_after_disconnect(scope, receive, send):
    """A response that ends by itself, as a whole or handed on by middleware, whose client has left."""
    EVENTS.append("waits")
    while (await receive())["type"] != "http.disconnect":
        pass
    await send(headers())
    await send(dict(BODY, body=b"x", more_body=scope["query_string"] == b"pieces"))
    if scope["query_string"] == b"pieces":
        await send(BODY)
    EVENTS.append("background task")


@case
async def answers_behind_its_stream(scope, receive, send):
    """An endpoint that sends a stream by itself and returns a response behind it, as MCP's for events does."""
    await receive()
    await send(headers())
    await send(dict(BODY, body=b"x", more_body=True))
    while (await receive())["type"] != "http.disconnect":
        pass
    try:
        await answer(send)
    except Exception as error:
        EVENTS.append("OSError" if isinstance(error, OSError) else type(error).__name__)
        raise


@case
async def awaits_whoever_leaves(scope, receive, send):
    """A handler that does not ask whether its client is still there: before its response, in the middle, or behind it."""
    await receive()
    if scope["query_string"] == b"stream":
        await send(headers())
        await send(dict(BODY, body=b"x", more_body=True))
    EVENTS.append("waits")
    try:
        if scope["query_string"] == b"swallowed":
            while (await receive())["type"] != "http.disconnect":
                pass
            await send(headers())
            await send(BODY)
            await asyncio.sleep(0.3)
            EVENTS.append("background task")
        else:
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        EVENTS.append("cancelled")
        raise


@case
async def polls(scope, receive, send):
    """receive() with a timeout, many times; says how many futures are left of it."""
    await receive()
    for _ in range(100):
        poll = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        poll.cancel()
        await asyncio.wait([poll])
    await send(headers())
    await send(dict(BODY, body=b"%d" % len(receive.__self__.waiting or ())))


@case
async def exits_from_a_task(scope, receive, send):
    asyncio.ensure_future(_exits())
    await asyncio.sleep(30)


async def _exits():
    sys.exit(7)


@case
async def forks_and_exits(scope, receive, send):
    child = os.fork()
    if not child:
        if scope["query_string"] == b"return":
            return
        sys.exit(5)
    _, status = os.waitpid(child, 0)
    await send(headers())
    await send(dict(BODY, body=b"%d" % (status >> 8)))


@case
async def send_path(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.pathsend", "path": scope["query_string"].decode()})


@case
async def send_no_path(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.pathsend", "path": 7})


@case
async def send_path_late(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await send({"type": "http.response.pathsend", "path": "/etc/hostname"})


@case
async def send_descriptor(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    with open(scope["query_string"].decode(), "rb") as file:
        os.lseek(file.fileno(), 2, os.SEEK_SET)
        await send({"type": "http.response.zerocopysend", "file": file, "more_body": True})
        at = os.lseek(file.fileno(), 0, os.SEEK_CUR)
    await send({"type": "http.response.body", "body": b"%d" % at})


@case
async def send_pipe(scope, receive, send):
    reader, writer = os.pipe()
    os.write(writer, b"through a pipe")
    os.close(writer)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.zerocopysend", "file": reader})
    os.close(reader)


@case
async def hint(scope, receive, send):
    await send({"type": "http.response.early_hint", "links": [b"</a>; rel=preload", b"</b>"]})
    await answer(send, b"hinted")


@case
async def bad_hint(scope, receive, send):
    await send({"type": "http.response.early_hint", "links": [b"</a>\r\nset-cookie: a=b"]})
