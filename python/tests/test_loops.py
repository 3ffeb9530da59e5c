"""Which event loop is made: eventloop/loops.py."""

import asyncio
import importlib
import os
import sys
import tempfile
import unittest
from unittest import mock

from tests.cases import HAS_UVLOOP
from hydra_worker import nesting
from hydra_worker.errors import StartError
from hydra_worker.eventloop import loops
from tests.cases import SPEEDUPS, WorkerCase
from tests.fake_front import APPS


class Other(asyncio.SelectorEventLoop):
    """Stands for uvloop's: it is not of asyncio's package."""


class NestAsyncioTest(unittest.TestCase):
    def test_nest_asyncio_imported_by_the_application_replaces_the_loop_before(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, nesting.NESTING + ".py"), "w", encoding="utf-8") as file:
                file.write("import asyncio\nloop = asyncio.get_event_loop_policy().get_event_loop()\n")
            current = [Other()]

            def switch():
                current.append(loops.replace(current[0]))

            with mock.patch.object(sys, "path", [directory] + sys.path), mock.patch.dict(sys.modules):
                sys.modules.pop(nesting.NESTING, None)
                with self.assertLogs("hydra", "WARNING"), nesting.NestingWatch(switch):
                    module = importlib.import_module(nesting.NESTING)

        self.assertTrue(current[0].is_closed())
        self.assertIs(current[1], module.loop)
        self.assertEqual(loops.describe(module.loop), "asyncio")
        self.assertFalse([finder for finder in sys.meta_path if isinstance(finder, nesting.NestingWatch)])
        module.loop.close()

    @unittest.skipUnless(HAS_UVLOOP, "uvloop is not installed")
    def test_nest_asyncio_that_is_there_already_leaves_uvloop_out(self):
        with mock.patch.dict(sys.modules, {nesting.NESTING: object()}), self.assertLogs("hydra", "WARNING"):
            loop = loops.create("auto")
        self.addCleanup(loop.close)

        self.assertEqual(loops.describe(loop), "asyncio")


class FactoryTest(unittest.TestCase):
    def setUp(self):
        patch = mock.patch.object(sys, "path", [APPS] + sys.path)
        patch.start()
        self.addCleanup(patch.stop)
        self.addCleanup(asyncio.set_event_loop, None)

    def test_factory_or_class_makes_the_loop_that_is_current(self):
        for name in ("own_loops:new_event_loop", "own_loops:CountingLoop"):
            with self.subTest(name):
                loop = loops.create(name)
                self.addCleanup(loop.close)

                self.assertEqual(type(loop).__name__, "CountingLoop")
                self.assertIs(asyncio.get_event_loop_policy().get_event_loop(), loop)
                self.assertEqual(loops.describe(loop), "own_loops.CountingLoop")

    def test_factory_that_cannot_make_one_is_refused_with_a_sentence(self):
        for name, sentence in (
            ("no_such_loops:new", 'Could not find the module "no_such_loops"'),
            ("own_loops:new_event_lop", 'Did you mean "own_loops:new_event_loop"?'),
            ("own_loops:number", "is not callable: it is an instance of int"),
            ("own_loops:raising", "the factory raised LookupError: no loop today"),
            ("own_loops:nothing", "the factory returned None, which is no event loop"),
            ("own_loops:coroutine", "the factory returned an instance of coroutine, which is no event loop"),
            ("own_loops:closed", "the factory returned a loop that is closed"),
            ("own_loops:Hollow", "Hollow has no call_later, call_soon, call_soon_threadsafe, close, "),
        ):
            with self.subTest(name), self.assertRaises(StartError) as raised:
                loops.create(name)
            self.assertIn(sentence, raised.exception.message)
            self.assertTrue(raised.exception.message.startswith(f"--loop {name}: "), raised.exception.message)

    def test_prepare_finds_the_factory_and_calls_it_not(self):
        loops.prepare("own_loops:raising")
        with self.assertRaises(StartError):
            loops.prepare("own_loops:missing")


class OwnLoopTest(WorkerCase):
    app = "asgi_cases:app"
    boot = {"loop": "own_loops:new_event_loop"}

    def test_worker_says_which_loop_it_has(self):
        self.assertEqual(self.ready_loop, "own_loops.CountingLoop" + SPEEDUPS)

    def test_requests_run_on_it(self):
        self.assertEqual(self.front.get("/scope").status, 200)


class TransportsOnlyTest(WorkerCase):
    """A loop that does not tell when a socket can be read moves its bytes by a transport."""

    app = "asgi_cases:app"
    boot = {"loop": "own_loops:WithoutReadiness"}

    def test_requests_run_on_it(self):
        self.assertEqual(self.front.get("/scope").status, 200)
