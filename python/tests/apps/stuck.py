"""Requests that do not end, for both interfaces. The query names a file to which they write what happens."""

import asyncio
import threading
import time

GATE = threading.Event()


def note(path, text):
    with open(path, "a") as file:
        file.write(text + "\n")


def spin(path):
    note(path, "spins")
    try:
        while True:
            sum(range(100))
    except BaseException as error:
        note(path, type(error).__name__)
        raise


def nap(path):
    note(path, "sleeps")
    try:
        time.sleep(1000)
    except BaseException as error:
        note(path, type(error).__name__)
        raise


# ---- WSGI


def wsgi(environ, start_response):
    result = CASES[environ["PATH_INFO"]](environ["QUERY_STRING"], environ, start_response)
    if result is None:
        start_response("200 OK", [("Content-Type", "text/plain")])
        result = [b"through"]
    return result


def quick(path, environ, start_response):
    pass


def loop(path, environ, start_response):
    spin(path)


def sleep(path, environ, start_response):
    nap(path)


def swallows_all_errors(path, environ, start_response):
    note(path, "spins")
    while True:
        try:
            sum(range(100))
        except Exception:
            note(path, "swallowed")


def loop_in_iterable(path, environ, start_response):
    def iterable():
        try:
            yield b"first"
            spin(path)
        finally:
            note(path, "closed")

    start_response("200 OK", [("Content-Type", "text/plain")])
    return iterable()


def waits_for_body(path, environ, start_response):
    note(path, "reads")
    try:
        environ["wsgi.input"].read()
    except BaseException as error:
        note(path, type(error).__name__)
        raise


def waits_for_credit(path, environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    note(path, "writes")
    try:
        while True:
            write(b"x" * 65536)
    except BaseException as error:
        note(path, type(error).__name__)
        raise


def raises_another(path, environ, start_response):
    try:
        spin(path)
    finally:
        raise KeyError("of the application's own")


CASES = {
    "/quick": quick,
    "/loop": loop,
    "/sleep": sleep,
    "/swallows_all_errors": swallows_all_errors,
    "/loop_in_iterable": loop_in_iterable,
    "/waits_for_body": waits_for_body,
    "/waits_for_credit": waits_for_credit,
    "/raises_another": raises_another,
}


# ---- ASGI


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    await ASYNC_CASES[scope["path"]](scope["query_string"].decode())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"through"})


async def quick_async(path):
    pass


async def loop_async(path):
    spin(path)


async def loop_after_step(path):
    await asyncio.sleep(0)
    spin(path)


async def sleep_async(path):
    nap(path)


async def waits(path):
    note(path, "waits")
    try:
        await asyncio.Event().wait()
    except BaseException as error:
        note(path, type(error).__name__)
        raise


async def waits_for_thread(path):
    def in_thread():
        note(path, "waits")
        GATE.wait(30)

    await asyncio.get_running_loop().run_in_executor(None, in_thread)


def in_group(work):
    """As middleware does that has its endpoint run in a task group."""

    async def middleware(path):
        endpoint = asyncio.get_running_loop().create_task(work(path))
        # Not awaited itself: a stack of what is awaited ends here.
        ended = asyncio.Event()
        endpoint.add_done_callback(lambda task: ended.set())
        try:
            await ended.wait()
        finally:
            endpoint.cancel()

    return middleware


async def endpoint_that_waits(path):
    note(path, "waits")
    await asyncio.Event().wait()


async def endpoint_in_thread(path):
    def works_in_thread():
        note(path, "waits")
        GATE.wait(30)

    await asyncio.to_thread(works_in_thread)


async def open_gate(path):
    GATE.set()


ASYNC_CASES = {
    "/quick": quick_async,
    "/loop": loop_async,
    "/loop_after_step": loop_after_step,
    "/sleep": sleep_async,
    "/waits": waits,
    "/waits_for_thread": waits_for_thread,
    "/waits_in_task": in_group(endpoint_that_waits),
    "/waits_in_task_for_thread": in_group(endpoint_in_thread),
    "/open_gate": open_gate,
}
