"""--speedups: whether the native part of the worker is used, and what is said where it cannot be."""

import os
import socket
import sys
import tempfile
import unittest
from unittest import mock

from hydra_worker import process, speedups
from hydra_worker.errors import StartError
from tests.cases import CARRIES_SPEEDUPS
from tests.fake_front import Front
from tests.fake_link import wire
from tests.fake_template import Forked, TemplateFront

SENTENCE = "--speedups on: the native part of the worker cannot be loaded: "
NO_LOCK = "it needs the global interpreter lock, which "


class UseTests(unittest.TestCase):
    def setUp(self):
        patch = mock.patch.object(speedups, "module", None)
        patch.start()
        self.addCleanup(patch.stop)

    def fail(self, sentence):
        return mock.patch.object(speedups, "_load", mock.Mock(side_effect=ImportError(sentence)))

    def test_off_does_not_look(self):
        with mock.patch.object(speedups, "_load") as load:
            speedups.use("off")
        load.assert_not_called()
        self.assertEqual((speedups.module, speedups.describe()), (None, ""))

    def test_what_can_be_loaded_is_used(self):
        for mode in ("auto", "on"):
            with self.subTest(mode), mock.patch.object(speedups, "_load") as load:
                speedups.use(mode)
                self.assertIs(speedups.module, load.return_value)
                self.assertEqual(speedups.describe(), ", speedups")

    def test_auto_does_without_what_cannot_be_loaded(self):
        with self.fail("there is none"):
            speedups.use("auto")
        self.assertEqual((speedups.module, speedups.describe()), (None, ""))

    def test_on_says_why_it_cannot_be_loaded(self):
        with self.fail("there is none"), self.assertRaises(StartError) as caught:
            speedups.use("on")
        self.assertEqual(str(caught.exception), SENTENCE + "there is none.")

    def test_python_that_it_is_not_made_for_is_named(self):
        other = mock.Mock(version=sys.implementation.version)
        other.name = "pypy"
        with mock.patch.object(sys, "implementation", other), self.assertRaisesRegex(ImportError, "made for CPython, and this is PyPy"):
            speedups._load()

    def test_python_without_its_lock_is_named(self):
        if sys.implementation.name != "cpython":
            self.skipTest("is about CPython")
        with mock.patch.object(process, "has_gil", lambda: False), self.assertRaisesRegex(ImportError, NO_LOCK + "CPython .* free-threaded runs"):
            speedups._load()

    def test_archive_has_none(self):
        if sys.implementation.name != "cpython":
            self.skipTest("is about CPython")
        with mock.patch.object(speedups, "__file__", "/no/shim.zip/hydra_worker/speedups.py"):
            with self.assertRaisesRegex(ImportError, "there is no /no/shim.zip/hydra_worker/_speedups.abi3.so"):
                speedups._load()


class WorkerTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        # For the shim, a Python that has imported this is one without its lock.
        with open(os.path.join(directory.name, "sitecustomize.py"), "w") as file:
            file.write("import sys\n\nsys._is_gil_enabled = lambda: False\n")
        self.without = {"PYTHONPATH": directory.name}

    def test_ready_says_whether_it_is_used(self):
        for mode in ("auto", "off"):
            for app, how in (("asgi_cases:app", "asyncio"), ("wsgi_cases:app", "1 thread")):
                with self.subTest(mode=mode, app=app), Front(app, loop="asyncio", speedups=mode) as front:
                    used = mode == "auto" and CARRIES_SPEEDUPS
                    self.assertEqual(front.ready()[-1], how + ", speedups" if used else how)
                    front.stop()

    def test_auto_falls_back_without_a_word(self):
        with Front("asgi_cases:app", loop="asyncio", speedups="auto", env=self.without) as front:
            self.assertEqual(front.ready()[-1], "asyncio")
            front.stop()
            self.assertEqual((front.logs, front.stderr()), ([], ""))

    def test_on_fails_with_a_sentence(self):
        for app in ("asgi_cases:app", "wsgi_cases:app"):
            with self.subTest(app), Front(app, speedups="on", env=self.without) as front:
                reason, message, trace = front.failed()
                self.assertEqual((reason, trace), (wire.FAILURE_INTERNAL, ""))
                self.assertIn(SENTENCE, message)

    @unittest.skipUnless(hasattr(os, "fork") and hasattr(socket, "SCM_RIGHTS"), "needs fork() and Unix sockets")
    def test_template_decides_for_its_workers(self):
        with TemplateFront("asgi_cases:app", speedups="on", env=self.without) as template:
            self.assertIn(SENTENCE, template.failed()[1])
        for mode in ("auto", "off"):
            with self.subTest(mode), TemplateFront("asgi_cases:app", loop="asyncio", speedups=mode) as template:
                template.ready()
                with Forked(template, 0) as worker:
                    self.assertEqual(", speedups" in worker.ready()[-1], mode == "auto" and CARRIES_SPEEDUPS)
                    worker.stop()
