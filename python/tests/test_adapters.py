"""Interfaces: those of the shim, and one that a user brings."""

import ast
import glob
import os
import re
import unittest

from tests.fake_front import Front, wire
from tests.fake_link import PYTHON_DIR
from tests.fake_template import Forked, TemplateFront
from hydra_worker.adapters import AUTO, BUILT_IN

PACKAGE = os.path.join(PYTHON_DIR, "hydra_worker")


class AdapterTests(unittest.TestCase):
    def test_adapter_of_the_user_serves(self):
        for name, features in (("own_adapter:Adapter", wire.FEATURE_WEB_SOCKETS), ("own_adapter:Module", 0)):
            with self.subTest(name), Front("own_adapter:app", interface=name, loop="asyncio") as front:
                self.assertEqual(front.ready()[:3], (0, features, name))
                self.assertEqual(front.get("/").body, b"the root")
                self.assertEqual(front.get("/other").body, b"another")
                waits = front.open("GET", "/waits")
                while front.data[0].frames.get(timeout=30).stream != waits.id:
                    pass
                waits.cancel()
                self.assertEqual(waits.response().reset[0], wire.RESET_CANCELLED)
                self.assertEqual(front.stop(), (0, ""))

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_adapter_of_the_user_serves_in_a_forked_worker(self):
        name = "own_adapter:Adapter"
        with TemplateFront("own_adapter:app", interface=name) as template:
            self.assertEqual(template.ready()[2], name)
            with Forked(template, 0) as worker:
                self.assertEqual(worker.ready()[2], name)
                self.assertEqual(worker.get("/").body, b"the root")
                worker.stop()
            template.drain()
            self.assertEqual(template.wait_exit(), 0)

    def test_adapter_that_cannot_be_is_refused(self):
        for app, name, reason, sentence in (
            ("own_adapter:app", "no_such_module:Adapter", wire.FAILURE_MODULE_NOT_FOUND, '"no_such_module"'),
            ("own_adapter:app", "own_adapter:Adaptor", wire.FAILURE_ATTRIBUTE_MISSING, '"own_adapter:Adapter"'),
            ("own_adapter:app", "own_adapter:nothing", wire.FAILURE_INTERFACE_MISMATCH, "has no run("),
            ("own_adapter:app", "own_adapter:Raises", wire.FAILURE_FACTORY_RAISED, "KeyError: 'no adapter'"),
            ("own_adapter:not_a_dictionary", "own_adapter:Adapter", wire.FAILURE_INTERFACE_MISMATCH, "is no dictionary."),
            ("own_adapter:app", "wsgi2", wire.FAILURE_INTERFACE_MISMATCH, "there are aiohttp, asgi, asgi2, raw, rsgi, tornado, wsgi."),
        ):
            with self.subTest(name, app=app), Front(app, interface=name) as front:
                found, message, _ = front.failed()
                self.assertEqual(found, reason, message)
                self.assertIn(sentence, message)

    def test_names_are_those_that_the_front_knows(self):
        path = os.path.join(PYTHON_DIR, os.pardir, "src", "hydra", "Configuration", "OptionNames.cs")
        with open(path, encoding="utf-8-sig") as file:
            table = re.search(r" Interfaces =\s*\[(.*?)\];", file.read(), re.DOTALL)
        # One is for programs that are no Python: its value is a constant and stands in no quotes.
        self.assertEqual(re.findall(r'\("(\w+)", "', table[1]), [AUTO, *BUILT_IN])


class LayerTests(unittest.TestCase):
    """What serves any interface names none."""

    INTERFACES = ("asgi", "wsgi", "rsgi", "raw", "aiohttp", "tornado")
    # The table, and what the table's adapters are.
    MAY = ("adapters.py",)

    def test_interfaces_are_named_by_the_table_alone(self):
        checked = 0
        for path in glob.glob(os.path.join(PACKAGE, "**", "*.py"), recursive=True):
            inner = os.path.relpath(path, PACKAGE)
            own = inner.split(os.sep)[0]
            if inner in self.MAY:
                continue
            with open(path, encoding="utf-8") as file:
                tree = ast.parse(file.read())
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom):
                    # "from ..asgi import loops", "from .. import asgi", "from .asgi.scope import ScopeBuilder"
                    named = {(node.module or "").split(".")[0], *(alias.name for alias in node.names)}
                    for interface in self.INTERFACES:
                        checked += 1
                        self.assertFalse(interface in named and own != interface, f"{inner}: {named}")
        self.assertGreater(checked, 100)


if __name__ == "__main__":
    unittest.main()
