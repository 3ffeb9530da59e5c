"""What the shim leaves behind in the process."""

import asyncio
import json
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

from asgi_cases import answer


def double(number):
    return number * 2


def spawn():
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(double, (21,))


CHILD = """
import os, signal, stat, sys
sockets = 0
for number in range(3, 64):
    try:
        sockets += stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        pass
print(sockets, "default" if signal.getsignal(signal.SIGINT) is signal.default_int_handler else "changed")
"""


def inspect():
    here = os.path.dirname(os.path.abspath(sys.modules["__main__"].__file__))
    child = subprocess.run([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, close_fds=False, check=True)
    sockets, sigint = child.stdout.decode().split()
    return {
        "stdin": sys.stdin.read(),
        "path0": sys.path[0],
        "shim_on_path": here in sys.path,
        "worker_id": os.environ["HYDRA_WORKER_ID"],
        "child_sockets": int(sockets),
        "sigint_in_child": sigint,
    }


def fork():
    child = os.fork()
    if child == 0:
        while True:
            time.sleep(60)
    return child


def fork_and_terminate():
    """What a child finds in itself, and the signal that ended it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        logging.getLogger("child").warning("from the child")
        logging.getLogger("hydra.error").warning("by the shim in the child")
        found = [
            signal.getsignal(signal.SIGINT) is signal.default_int_handler,
            signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
        ]
        os.write(write, json.dumps(found).encode())
        while True:
            # Briefly: where the handler stays Python's (PyPy, in a thread), a signal just before a sleep is seen after it.
            time.sleep(0.01)
    found = json.loads(os.read(read, 100))
    os.kill(child, signal.SIGTERM)
    return json.dumps([*found, os.waitpid(child, 0)[1]]).encode()


def fork_and_return():
    """The child comes back from the application as its parent does."""
    child = os.fork()
    if child == 0:
        return b"the child's"
    return str(os.waitpid(child, 0)[1]).encode()


def hang_in_thread():
    """The interpreter waits for this thread before it exits."""
    threading.Thread(target=threading.Event().wait).start()
    return b"thread"


def _until_end_of(read, write):
    os.close(write)
    os.read(read, 1)


def hang_in_process():
    """As hang_in_thread(), with a process that lives as long as this one."""
    pipe = os.pipe()
    multiprocessing.get_context("fork").Process(target=_until_end_of, args=pipe).start()
    return b"process"


HANGS = {"/hang_in_thread": hang_in_thread, "/hang_in_process": hang_in_process}


def log_threads():
    def work(thread):
        for number in range(50):
            logging.getLogger("threads").warning("thread %d record %d", thread, number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def app(scope, receive, send):
    path = scope["path"]
    loop = asyncio.get_running_loop()
    if path == "/":
        await answer(send, json.dumps(await loop.run_in_executor(None, inspect)).encode())
    elif path == "/spawn":
        await answer(send, str(await loop.run_in_executor(None, spawn)).encode())
    elif path == "/fork":
        await answer(send, str(fork()).encode())
    elif path == "/fork_and_terminate":
        await answer(send, fork_and_terminate())
    elif path == "/fork_and_terminate_in_thread":
        await answer(send, await loop.run_in_executor(None, fork_and_terminate))
    elif path in HANGS:
        await receive()
        await answer(send, HANGS[path]())
    elif path == "/log_threads":
        log_threads()
        await answer(send, b"done")
    elif path == "/print":
        print("one", "two")
        print("three")
        await answer(send)


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] in HANGS:
        environ["wsgi.input"].read()
        return [HANGS[environ["PATH_INFO"]]()]
    if environ["PATH_INFO"] == "/fork":
        return [str(fork()).encode()]
    return [fork_and_return() if environ["PATH_INFO"] == "/fork_and_return" else fork_and_terminate()]
