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
from hydra_worker.eventloop import loops


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
