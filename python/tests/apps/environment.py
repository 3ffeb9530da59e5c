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
        # It logs, too: not over the parent's link.
        logging.getLogger("child").warning("from the child")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while True:
            time.sleep(60)
    return child


def log_threads():
    def work(thread):
        for number in range(50):
            logging.getLogger("threads").info("thread %d record %d", thread, number)

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
    elif path == "/log_threads":
        log_threads()
        await answer(send, b"done")
    elif path == "/print":
        print("one", "two")
        print("three")
        await answer(send)


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(fork()).encode()]
