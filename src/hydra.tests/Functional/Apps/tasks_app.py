"""Leaves work to other processes, as ASGI and as WSGI application: /defer, /call, /stream, /find. HOW says what is special about it, by words."""

import json
import os
import time
from urllib.parse import parse_qs

from hydra_server import adefer, cron, defer, every, pool, tasks
from signals_board import BOARD, blocking_gate, record

HOW = os.environ.get("HOW", "").split()


def note(key, text):
    record(key, text)
    return text


async def anote(key, text):
    record(key, text)
    return text


def fail(key):
    record(key, os.getpid())
    raise ValueError("it fails")


def die(key):
    record(key, os.getpid())
    os.kill(os.getpid(), 9)


def hold(key):
    record("holds-" + key, os.getpid())
    blocking_gate(key)
    record("held-" + key, os.getpid())


def hang(key):
    record(key, os.getpid())
    while True:
        pass


def stuck(key):
    record(key, os.getpid())
    time.sleep(3600)


def context(key):
    """Says whether the process has loaded the application."""
    record(key, "loaded" if "app" in globals() else "not loaded")


FUNCTIONS = {f.__name__: f for f in (note, anote, fail, die, hold, hang, stuck, context)}

if "ticks" in HOW:

    @every(0.2)
    def tick():
        record("ticked", time.time())

    @every(0.2)
    def slow_tick():
        record("slow-ticked", os.getpid())
        blocking_gate("slow-tick")

    @cron("* * * * *", tz="UTC")
    def minutely():
        record("minutely", time.time())


if "changes" in HOW and not (BOARD / "changed").exists():

    @every(0.2)
    def first():
        record("first", os.getpid())


if "changes" in HOW and (BOARD / "changed").exists():

    @every(0.2)
    def second():
        record("second", os.getpid())


def read(query):
    found = {name: values[0] for name, values in parse_qs(query).items()}
    return found.get("f", ""), json.loads(found.get("a", "[]")), json.loads(found.get("o", "{}")), int(found.get("n", "1"))


def describe(error):
    cause = str(error.__cause__ or "")
    return f"{type(error).__name__}: {error}" + (" | " + cause.strip().splitlines()[-1] if cause.strip() else "")


def called(path, query):
    name, arguments, options, count = read(query)
    if path == "/defer":
        ids = [defer.options(**options)(FUNCTIONS[name], *arguments) for _ in range(count)]
        return ids[-1]
    if path == "/find":
        return found(tasks.find(name))
    if path == "/wrong":
        return defer(lambda: None)
    return repr(pool(options.pop("pool", "model"), **options).call(name, *arguments))


async def acalled(path, query):
    name, arguments, options, count = read(query)
    if path == "/defer":
        ids = [await adefer.options(**options)(FUNCTIONS[name], *arguments) for _ in range(count)]
        return ids[-1]
    if path == "/find":
        return found(await tasks.afind(name))
    if path == "/wrong":
        return await adefer(lambda: None)
    return repr(await pool(options.pop("pool", "model"), **options).acall(name, *arguments))


def found(status):
    if status is None:
        return "None"
    return f"{status.state} {status.attempts} {status.result!r} {type(status.error).__name__}"


async def app(scope, receive, send):
    path, query = scope["path"], scope["query_string"].decode()
    if path == "/stream":
        import asyncio

        async def serve():
            await send({"type": "http.response.start", "status": 200, "headers": []})
            name, arguments, options, _ = read(query)
            try:
                async for part in pool("model", **options).astream(name, *arguments):
                    await send({"type": "http.response.body", "body": f"{part}\n".encode() if not isinstance(part, bytes) else part, "more_body": True})
                last = "end"
            except Exception as error:
                if isinstance(error, OSError) and not isinstance(error, tasks.TaskError):
                    raise  # of send(): the client has left
                last = describe(error)
            await send({"type": "http.response.body", "body": last.encode()})

        serving = asyncio.ensure_future(serve())

        async def leave():
            while (await receive())["type"] != "http.disconnect":
                pass
            serving.cancel()

        leaving = asyncio.ensure_future(leave())
        try:
            await serving
        except (asyncio.CancelledError, OSError):
            record("left", "asgi")
        finally:
            leaving.cancel()
        return
    if path == "/leave":
        import asyncio

        name, arguments, options, _ = read(query)
        calling = asyncio.ensure_future(pool("model", **options).acall(name, *arguments))
        while (await receive())["type"] != "http.disconnect":
            pass
        calling.cancel()
        try:
            await calling
        except asyncio.CancelledError:
            record("left", "asgi")
        return
    try:
        status, body = 200, (await acalled(path, query)).encode()
    except Exception as error:
        status, body = 500, describe(error).encode()
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


def plain(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/stream":
        name, arguments, options, _ = read(query)
        start_response("200 OK", [])
        return parts(name, arguments, options)
    try:
        status, body = "200 OK", called(path, query).encode()
    except Exception as error:
        status, body = "500 Failed", describe(error).encode()
    start_response(status, [("Content-Length", str(len(body)))])
    return [body]


def parts(name, arguments, options):
    try:
        for part in pool("model", **options).stream(name, *arguments):
            yield f"{part}\n".encode() if not isinstance(part, bytes) else part
        yield b"end"
    except GeneratorExit:
        record("left", "wsgi")
        raise
    except Exception as error:
        yield describe(error).encode()
