"""For --worker-loops: says in which thread and on which loop it runs. Served with a GIL, too, where it is turned round."""

import asyncio
import json
import os
import threading
import time

from hydra_worker import manyloops

if not os.environ.get("MANY_LOOPS_REFUSED"):
    manyloops.lock_problem = lambda: None

TOGETHER = 3
_barrier = threading.Barrier(TOGETHER)
_life = []


async def answer(send, body):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def lifespan(scope, receive, send):
    await receive()
    scope["state"]["shared"] = _life
    _life.append(["startup", threading.current_thread().name])
    await send({"type": "lifespan.startup.complete"})
    await receive()
    print("shutdown in", threading.current_thread().name, flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
        return
    path = scope["path"]
    flag = scope["query_string"].decode()
    if path == "/thread":
        await answer(send, threading.current_thread().name)
    elif path == "/meets":
        # No loop of a single thread could have so many wait here.
        await answer(send, sorted([_barrier.wait(30) >= 0, asyncio.get_running_loop() is asyncio.get_event_loop()]))
    elif path == "/life":
        await answer(send, [scope["state"]["shared"] is _life, _life])
    elif path == "/waits":
        note(flag)
        while not os.path.exists(flag):
            await asyncio.sleep(0.005)
        await answer(send, threading.current_thread().name)
    elif path == "/sleeps":
        note(flag)
        await asyncio.sleep(600)
    elif path == "/subprocess":
        process = await asyncio.create_subprocess_exec("echo", "said", stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        await answer(send, [said.decode(), process.returncode])
    elif path == "/blocks":
        note(flag)
        while not os.path.exists(flag):
            time.sleep(0.005)
        await answer(send, threading.current_thread().name)
    elif path == "/handles":
        asyncio.get_running_loop().add_signal_handler(15, print, "told", flag)
        await answer(send, "handled")
    elif path == "/exits":
        asyncio.ensure_future(exits())
        await asyncio.sleep(600)


async def exits():
    raise SystemExit(7)


def note(flag):
    with open(flag + ".begun", "a") as file:
        file.write(".")


class Rsgi:
    def __rsgi__(self, scope, protocol):
        return self.serve(protocol)

    async def serve(self, protocol):
        protocol.response_str(200, [], threading.current_thread().name)


rsgi = Rsgi()


def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [b"one"]


async def raw(request):
    return 200, [], threading.current_thread().name.encode()
