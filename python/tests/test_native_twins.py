"""The native part of the worker: that it does what the Python code does, and leaves nothing behind."""

import os
import subprocess
import sys
import tempfile
import unittest

from tests.fake_front import Front
from tests.fake_link import PYTHON_DIR

FILE = os.path.join(PYTHON_DIR, "hydra_worker", "_speedups.abi3.so")
TRIAL = os.path.join(PYTHON_DIR, "tests", "native_trial.py")
ROUNDS = os.environ.get("HYDRA_FUZZ_ROUNDS", "400")

HAS = os.path.isfile(FILE) and sys.implementation.name == "cpython"


def run(*arguments):
    # Each link has buffers of some hundred KB: what is given back of them is to be seen at once, and not kept in a heap.
    environment = dict(os.environ, MALLOC_MMAP_THRESHOLD_="131072")
    done = subprocess.run([sys.executable, TRIAL, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=500)
    return done.returncode, done.stdout.decode("utf-8", "replace")


@unittest.skipUnless(HAS, "build/speedups.sh has not been run, or this is not CPython")
class TwinTests(unittest.TestCase):
    def test_same_frames_come_to_the_same(self):
        code, output = run("twins", ROUNDS, os.environ.get("HYDRA_FUZZ_SEED", "1"))
        self.assertEqual(code, 0, output)

    def test_same_frames_environs_and_heads_for_wsgi(self):
        code, output = run("wsgi", ROUNDS, os.environ.get("HYDRA_FUZZ_SEED", "1"))
        self.assertEqual(code, 0, output)

    def test_what_frames_bring_about_leaves_with_their_batch(self):
        code, output = run("batch")
        self.assertEqual(code, 0, output)

    def test_nothing_is_left_of_requests(self):
        code, output = run("leaks")
        self.assertEqual(code, 0, output)

    def test_send_and_receive_are_what_python_takes_for_coroutines(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "shapes.py"), "w") as file:
                file.write(SHAPES)
            with Front("shapes:app", app_dir=directory, loop="asyncio", lifespan="off", speedups="on") as front:
                self.assertIn("speedups", front.ready()[-1])
                self.assertEqual(front.get("/").body, b"ok")
                self.assertEqual(front.get("/tasks").body, b"ok")
                self.assertEqual(front.get("/forgotten").body, b"coroutine 'HttpStream.send' was never awaited")
                front.stop()

    def test_traceback_begins_with_the_application(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "shapes.py"), "w") as file:
                file.write(SHAPES)
            with Front("shapes:app", app_dir=directory, loop="asyncio", lifespan="off", speedups="on") as front:
                front.ready()
                front.get("/wrong")
                record = front.wait_log(lambda record: "RuleViolation" in record.message)
                self.assertRegex(record.message, r'most recent call last\):\n  File ".*shapes.py", line \d+, in app\n +await send\(')
                front.stop()


SHAPES = '''
import asyncio, collections.abc, gc, inspect, warnings


async def app(scope, receive, send):
    body = b"ok"
    if scope["path"] == "/":
        for call in (receive(), send({"type": "http.response.start", "status": 200})):
            assert asyncio.iscoroutine(call) and inspect.isawaitable(call) and isinstance(call, collections.abc.Coroutine)
            assert call.cr_await is None and call.cr_running is False and call.__name__ in ("receive", "send")
            call.close()
    elif scope["path"] == "/tasks":
        assert (await asyncio.create_task(receive()))["type"] == "http.request"
        waits = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        assert not waits.done() and waits.get_coro().cr_await is not None and "receive" in repr(waits)
        waits.cancel()
        await asyncio.wait([waits])
        assert waits.cancelled()
    elif scope["path"] == "/forgotten":
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            send({"type": "http.response.start", "status": 200})
            gc.collect()
        body = str(caught[0].message).encode()
    elif scope["path"] == "/wrong":
        await send({"type": "http.response.start", "status": 99})
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": body})
'''
