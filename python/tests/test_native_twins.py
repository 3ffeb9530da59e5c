"""The native part of the worker: that it does what the Python code does, and leaves nothing behind."""

import os
import random
import subprocess
import sys
import tempfile
import unittest
import weakref

from hydra_worker import speedups
from tests.fake_front import Front
from tests.fake_link import PYTHON_DIR

FILE = os.path.join(PYTHON_DIR, "hydra_worker", "_speedups.abi3.so")
TRIAL = os.path.join(PYTHON_DIR, "tests", "native_trial.py")
ROUNDS = os.environ.get("HYDRA_FUZZ_ROUNDS", "400")

HAS = os.path.isfile(FILE) and sys.implementation.name == "cpython"


def run_code(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=PYTHON_DIR, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=500)
    return done.returncode, done.stdout.decode("utf-8", "replace")


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

    def test_same_frames_come_to_the_same_with_rsgi(self):
        code, output = run("rsgi", ROUNDS, os.environ.get("HYDRA_FUZZ_SEED", "1"))
        self.assertEqual(code, 0, output)

    def test_same_frames_come_to_the_same_with_raw(self):
        code, output = run("raw", ROUNDS, os.environ.get("HYDRA_FUZZ_SEED", "1"))
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
                self.assertEqual(front.get("/methods").body, b"ok", front.logs)
                self.assertEqual(front.get("/forgotten").body, b"coroutine 'HttpStream.send' was never awaited")
                front.stop()

    def test_what_rsgi_and_raw_hand_over_can_be_kept_and_used_from_other_tasks(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "kept.py"), "w") as file:
                file.write(KEPT)
            for interface, app in (("rsgi", "kept:rsgi"), ("raw", "kept:raw"), ("raw", "kept:plain")):
                with self.subTest(app), Front(app, app_dir=directory, loop="asyncio", interface=interface, speedups="on") as front:
                    self.assertIn("speedups", front.ready()[-1])
                    for _ in range(3):
                        self.assertEqual(front.post("/some/path", b"body", headers=[(b"x-a", b"1")]).body, b"ok")
                    front.stop()
                    self.assertEqual([record.message for record in front.logs], [])

    def test_traceback_of_rsgi_and_raw_has_the_applications_frames_alone(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "kept.py"), "w") as file:
                file.write(KEPT)
            for interface, app in (("rsgi", "kept:rsgi_fails"), ("raw", "kept:raw_fails"), ("raw", "kept:plain_fails")):
                with self.subTest(app), Front(app, app_dir=directory, loop="asyncio", interface=interface, speedups="on") as front:
                    front.ready()
                    front.get("/")
                    record = front.wait_log(lambda record: "ZeroDivisionError" in record.message)
                    self.assertRegex(record.message, r'most recent call last\):\n  File ".*kept.py", line \d+, in (.*)_fails\n')
                    self.assertNotIn("hydra_worker", record.message)
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


class Thing:
    """What a weak reference can be made of, in an order that is the same each time."""

    def __init__(self, number):
        self.number = number

    def __hash__(self):
        return self.number


@unittest.skipUnless(HAS, "build/speedups.sh has not been run, or this is not CPython")
class RegistryTests(unittest.TestCase):
    """asyncio's set of all tasks, to which tasks are added natively."""

    def test_set_does_what_it_does_without(self):
        seen = []
        for is_native in (False, True):
            chance, things = random.Random(1), weakref.WeakSet()
            if is_native:
                things.add = speedups._load().adder_of(things)
            kept, iterators, notes = [], [], []
            for number in range(3000):
                step = chance.randrange(8)
                if step < 4:
                    kept.append(Thing(number))
                    things.add(kept[chance.randrange(len(kept))])
                elif step == 4:
                    # While somebody iterates what goes waits to be taken out.
                    iterators.append(iter(things))
                    next(iterators[-1], None)
                elif step == 5:
                    iterators.clear()
                elif kept:
                    gone = kept.pop(chance.randrange(len(kept)))
                    if step == 6:
                        things.discard(gone)
                    del gone
                notes.append((len(things), len(things.data), len(things._pending_removals), sum(each in things for each in kept)))
            iterators.clear()
            kept.clear()
            things.add(notes and self)
            self.assertEqual(list(things), [self])
            seen.append(notes)
        self.assertEqual(seen[0], seen[1])
        with self.assertRaises(TypeError):
            things.add(1)

    def test_set_of_another_kind_is_left_alone(self):
        # In a process of its own: it loads the native part before all else.
        code, output = run_code(
            "import asyncio, weakref\n"
            "class Other(weakref.WeakSet): pass\n"
            "asyncio.tasks._all_tasks = asyncio.tasks._scheduled_tasks = other = Other()\n"
            "from hydra_worker import speedups\n"
            "speedups.use('on')\n"
            "from hydra_worker.eventloop import registry\n"
            "registry.quicken()\n"
            "assert 'add' not in vars(other)\n"
            "asyncio.tasks._all_tasks = usual = weakref.WeakSet()\n"
            "registry.quicken()\n"
            "assert 'add' in vars(usual)\n"
        )
        self.assertEqual(code, 0, output)


SHAPES = '''
import asyncio, collections.abc, functools, gc, inspect, sys, warnings


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
    elif scope["path"] == "/methods":
        for method, parameters in ((receive, []), (send, ["message"])):
            assert asyncio.iscoroutinefunction(method) and list(inspect.signature(method).parameters) == parameters
            assert inspect.iscoroutinefunction(method) or sys.version_info < (3, 11)
            assert method.__name__ in repr(method) and method.__self__ is send.__self__
            assert method == getattr(method.__self__, method.__name__) and len({method, getattr(method.__self__, method.__name__)}) == 1
        assert send != receive and (await functools.partial(receive)())["type"] == "http.request"
        for wrong in (lambda: receive(1), lambda: receive(message={}), send, lambda: send({}, {}), lambda: send({}, message={}), lambda: send(other={})):
            try:
                wrong()
            except TypeError:
                continue
            raise AssertionError("no TypeError")
        await send(message={"type": "http.response.start", "status": 200})
        return await send(message={"type": "http.response.body", "body": b"ok"})
    elif scope["path"] == "/wrong":
        await send({"type": "http.response.start", "status": 99})
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": body})
'''

KEPT = '''
import asyncio, contextvars

VARIABLE = contextvars.ContextVar("variable", default="unset")
before = []


def check(said):
    assert VARIABLE.get() == "unset"
    VARIABLE.set("set")
    assert said() == ("POST", "/some/path", "1")
    # What was kept of the requests before says what it said.
    assert all(each() == said() for each in before)
    before.append(said)


async def in_other_tasks(read):
    own = asyncio.current_task()
    assert own in asyncio.all_tasks() and own.get_loop() is asyncio.get_running_loop() and own.get_name()

    async def other():
        assert VARIABLE.get() == "set" and asyncio.current_task() is not own
        return await read

    assert await asyncio.create_task(other()) == b"body"
    assert VARIABLE.get() == "set"


async def rsgi(scope, protocol):
    check(lambda: (scope.method, scope.path, scope.headers["x-a"]))
    reading = protocol()
    assert asyncio.iscoroutine(reading)
    await in_other_tasks(reading)
    answered = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: answered.set_result(protocol.response_str(200, [], "ok")))
    await answered
    protocol.response_str(500, [], "is passed over")
    before.append(lambda: protocol.response_bytes(200, [], b"late") or ("POST", "/some/path", "1"))


async def raw(request):
    check(lambda: (request.method, request.path, request.headers["x-a"]))
    await in_other_tasks(request.read())
    assert await request.read() == b""
    return 200, [], b"ok"


def plain(request):
    check(lambda: (request.method, request.path, request.headers["x-a"]))
    assert request.body == b"body"
    return 200, [], b"ok"


async def rsgi_fails(scope, protocol):
    protocol.response_str(200, [], "whole")
    1 // 0


async def raw_fails(request):
    1 // 0


def plain_fails(request):
    1 // 0
'''
