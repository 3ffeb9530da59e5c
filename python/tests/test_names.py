"""Applications whose modules are called as one of the shim's or of the standard library's."""

import os
import tempfile
import unittest
import zipfile

from tests.fake_front import Front
from tests.fake_template import Forked, TemplateFront

APPLICATION = """
%s

def app(environ, start_response):
    start_response("200 OK", [])
    return [repr(%s).encode()]
"""
# Whoever imports it is told apart from who must not.
RAISES = 'raise RuntimeError("imported in place of another")\n'
OF_THE_SHIM = ("wire", "main", "boot", "control", "native", "names", "errors", "hydra_shim")
OF_THE_LIBRARY = ("ast", "asyncio", "ctypes", "difflib", "inspect", "pkgutil", "select", "traceback", "urllib", "concurrent")


class NameCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def write(self, name, text):
        with open(os.path.join(self.directory, name + ".py"), "w") as file:
            file.write(text)

    def serve(self, app="shop:app", **boot):
        with Front(app, app_dir=self.directory, **boot) as front:
            front.ready()
            body = front.get("/").body
            front.stop()
            return body


class ApplicationNameTests(NameCase):
    def test_application_may_have_a_hydra_worker(self):
        self.write("hydra_worker", "mine = 1\n" + APPLICATION % ("", "mine"))
        self.write("shop", APPLICATION % ("import hydra_worker", "hydra_worker.mine"))
        for boot in ({}, {"interface": "wsgi"}, {"threads": 2}):
            with self.subTest(**boot):
                self.assertEqual(self.serve(**boot), b"1")
                self.assertEqual(self.serve("hydra_worker:app", **boot), b"1")

    def test_application_that_is_preloaded_may_have_a_hydra_worker(self):
        self.write("hydra_worker", "mine = 1\n")
        self.write("shop", APPLICATION % ("import hydra_worker", "hydra_worker.mine"))
        with TemplateFront("shop:app", app_dir=self.directory) as template:
            template.ready()
            with Forked(template, 0) as worker:
                worker.ready()
                self.assertEqual(worker.get("/").body, b"1")

    def test_application_may_have_modules_called_as_the_shims(self):
        for name in OF_THE_SHIM:
            self.write(name, "mine = 1\n")
        names = ", ".join(OF_THE_SHIM)
        self.write("shop", APPLICATION % ("import " + names, "sum(m.mine for m in (%s))" % names))
        self.assertEqual(self.serve(), b"%d" % len(OF_THE_SHIM))

    def test_module_called_as_one_of_the_librarys_is_not_taken_for_that(self):
        for name in OF_THE_LIBRARY:
            self.write(name, RAISES)
        self.write("shop", APPLICATION % ("", "'served'"))
        for boot in ({}, {"interface": "wsgi"}, {"interface": "wsgi", "threads": 2}):
            with self.subTest(**boot):
                self.assertEqual(self.serve(**boot), b"'served'")

    def test_wsgi_application_may_have_an_asyncio(self):
        self.write("asyncio", "mine = 1\n")
        self.write("shop", APPLICATION % ("import asyncio", "asyncio.mine"))
        self.assertEqual(self.serve(interface="wsgi"), b"1")

    def test_module_called_as_one_that_the_shim_has_at_work_is_the_librarys(self):
        # As under any server that is a Python program.
        for name in ("logging", "socket", "threading", "json"):
            self.write(name, RAISES)
        self.write("shop", APPLICATION % ("import json, logging, socket, threading", "logging.getLogger('a').name"))
        self.assertEqual(self.serve(), b"'a'")


class ArchiveTests(NameCase):
    def test_modules_in_an_archive_on_the_path_are_found(self):
        for name in ("library.zip", "library-1.0-py3-none-any.whl", "library.egg"):
            archive = os.path.join(self.directory, name)
            with zipfile.ZipFile(archive, "w") as file:
                file.writestr("library/__init__.py", "mine = 1\n")
                file.writestr("library/shop.py", APPLICATION % ("from library import mine", "mine"))
            with self.subTest(name), Front("library.shop:app", env={"PYTHONPATH": archive}) as front:
                front.ready()
                self.assertEqual(front.get("/").body, b"1")
                front.stop()
