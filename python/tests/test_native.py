"""Applications that replace the standard library's threads, locks and sockets: the shim goes on with the system's."""

import ast
import glob
import importlib.util
import os
import threading
import unittest

from tests.cases import PYPY
from tests.fake_front import Front
from tests.fake_link import PYTHON_DIR
from tests.fake_template import Forked, TemplateFront
from hydra_worker import native

PACKAGE = os.path.join(PYTHON_DIR, "hydra_worker")
# Debian's are CPython's: gevent cannot be imported on PyPy, and what eventlet patches does not get through there without the shim either.
LIBRARIES = [name for name in ("gevent", "eventlet") if importlib.util.find_spec(name) and not PYPY]
# What patching replaces, and native.py keeps.
REPLACED = {
    "threading": {"Thread", "Lock", "RLock", "Event", "Condition", "Semaphore", "Timer", "get_ident", "main_thread"},
    "socket": {"socket", "socketpair", "create_connection"},
    "select": {"select", "poll", "epoll", "kqueue"},
    "time": {"sleep"},
    "os": {"read", "fork", "waitpid"},
    "_thread": {"start_new_thread", "allocate_lock", "get_ident"},
}


@unittest.skipUnless(LIBRARIES, "neither gevent nor eventlet is installed")
class PatchedTests(unittest.TestCase):
    def each(self, *cases):
        for library in LIBRARIES:
            for app, boot in cases:
                with self.subTest(library, app=app, **boot):
                    yield library, app, boot

    def test_patched_application_is_served_and_stops(self):
        cases = [("patched:wsgi", {}), ("patched:wsgi", {"threads": 3}), ("patched:wsgi", {"interface": "wsgi"})]
        cases += [("patched:asgi", {}), ("patched:asgi", {"loop": "asyncio"})]
        for library, app, boot in self.each(*cases):
            with Front(app, env={"PATCHED": library}, **boot) as front:
                front.ready()
                for _ in range(5):
                    self.assertEqual(front.get().body, b"said")
                self.assertEqual(front.ping()[0], 7)
                self.assertEqual(front.stop(), (0, ""))

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_patched_application_is_forked(self):
        for library, app, boot in self.each(("patched:wsgi", {}), ("patched:wsgi", {"threads": 3})):
            with TemplateFront(app, env={"PATCHED": library}, **boot) as template:
                template.ready()
                with Forked(template, 0) as worker, Forked(template, 1) as other:
                    for each in (worker, other):
                        each.ready()
                        self.assertEqual(each.get().body, b"said")
                        each.stop()
                    self.assertEqual((worker.wait_exit(), other.wait_exit()), (0, 0))
                template.drain()
                self.assertEqual(template.wait_exit(), 0)


class NativeTests(unittest.TestCase):
    def test_shim_calls_nothing_that_patching_replaces(self):
        found = []
        for path in glob.glob(os.path.join(PACKAGE, "**", "*.py"), recursive=True):
            if os.path.basename(path) == "native.py":
                continue
            with open(path, encoding="utf-8") as file:
                tree = ast.parse(file.read())
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                    if node.func.attr in REPLACED.get(node.func.value.id, ()):
                        found.append("%s:%d %s.%s" % (os.path.relpath(path, PACKAGE), node.lineno, node.func.value.id, node.func.attr))
        self.assertEqual(found, [])

    def test_event_is_as_that_of_threading(self):
        for kind in (threading.Event, native.Event):
            event = kind()
            self.assertEqual((event.wait(0), event.wait(-1), event.is_set()), (False, False, False))
            woken = [native.start("waits", event.wait) for _ in range(3)]
            event.set()
            self.assertTrue(all(each.wait(30) for each in woken))
            self.assertEqual((event.wait(), event.wait(0), event.is_set()), (True, True, True))
            event.clear()
            self.assertEqual((event.wait(0.001), event.is_set()), (False, False))
