"""Compiled modules are kept for the shim, and only for it."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SHIM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from hydra_worker import bytecode
bytecode.keep({here!r})
import hydra_worker.wire, hydra_worker.asgi.scope, hydra_worker.eventloop.meter
sys.path.insert(0, {other!r})
import other_module
assert sys.dont_write_bytecode
"""


class BytecodeTests(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        self.here = os.path.join(self.directory, "shim")
        package = os.path.join(self.here, "hydra_worker")
        shutil.copytree(os.path.join(SHIM, "hydra_worker"), package, ignore=shutil.ignore_patterns("__pycache__"))
        self.other = os.path.join(self.directory, "other")
        os.mkdir(self.other)
        with open(os.path.join(self.other, "other_module.py"), "w") as file:
            file.write("VALUE = 1\n")

    def run_program(self, environment):
        program = PROGRAM.format(here=self.here, other=self.other)
        if "PYTHONDONTWRITEBYTECODE" not in environment:
            program = program.replace("assert sys", "assert not sys")
        variables = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")}
        subprocess.run([sys.executable, "-c", program], check=True, env={**variables, **environment})

    def kept(self, *names):
        directory = os.path.join(*names, "__pycache__")
        return {name.partition(".")[0] for name in os.listdir(directory)} if os.path.isdir(directory) else set()

    def test_setting_of_the_user_is_for_the_application(self):
        self.run_program({"PYTHONDONTWRITEBYTECODE": "1"})
        self.assertIn("wire", self.kept(self.here, "hydra_worker"))
        self.assertIn("scope", self.kept(self.here, "hydra_worker", "asgi"))
        self.assertIn("meter", self.kept(self.here, "hydra_worker", "eventloop"))
        self.assertEqual(self.kept(self.other), set())

    def test_without_it_python_does_as_always(self):
        self.run_program({})
        self.assertIn("wire", self.kept(self.here, "hydra_worker"))
        self.assertEqual(self.kept(self.other), {"other_module"})

    def test_read_only_directory_is_no_error(self):
        for root, _, _ in os.walk(self.here):
            os.chmod(root, 0o555)
        try:
            self.run_program({"PYTHONDONTWRITEBYTECODE": "1"})
        finally:
            for root, _, _ in os.walk(self.here):
                os.chmod(root, 0o755)


if __name__ == "__main__":
    unittest.main()
