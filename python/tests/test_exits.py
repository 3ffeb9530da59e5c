"""--on-worker-exit: the process that calls the user's function."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

from tests.fake_front import SHIM, boot_document

HOOKS = """
    import atexit, sys, threading

    def one(pid):
        print("one", pid)

    def other(pid, path=None):
        print("other", pid, path)

    def worker(pid, worker):
        print("worker", pid, worker)

    def everything(pid, **facts):
        print("everything", pid, sorted(facts.items()))

    def second_fails(pid):
        if pid == 12:
            raise LookupError("no files")
        print("second_fails", pid)

    def nothing():
        print("nothing")

    def leaves(pid):
        print("leaves", pid)
        sys.exit(3)

    def last(pid):
        atexit.register(print, "at exit")
        threading.Thread(target=print, args=("thread",)).start()
"""


class ExitHookTests(unittest.TestCase):
    def call(self, function: str, ended: str = "11,0,0 12,1,-9"):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "hooks.py"), "w") as file:
                file.write(textwrap.dedent(HOOKS))
            boot = boot_document(
                address="none", token="none", app="not_imported:app", app_dir=directory, exit_hook="hooks:" + function, ended=ended
            )
            done = subprocess.run(
                [sys.executable, SHIM], input=json.dumps(boot) + "\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        return done.returncode, done.stdout.splitlines(), done.stderr

    def test_function_is_told_what_its_parameters_name(self):
        self.assertEqual(self.call("one"), (0, ["one 11", "one 12"], ""))
        self.assertEqual(self.call("other"), (0, ["other 11 None", "other 12 None"], ""))
        self.assertEqual(self.call("worker"), (0, ["worker 11 0", "worker 12 1"], ""))
        facts = "everything 12 [('exit_code', -9), ('worker', 1)]"
        self.assertEqual(self.call("everything")[1][1], facts)

    def test_one_that_takes_no_process_id_is_refused(self):
        code, _, error = self.call("nothing")
        self.assertEqual(code, 1)
        self.assertIn('--on-worker-exit: "hooks:nothing" cannot be called with the process id of a worker alone.', error)

    def test_one_that_raises_is_called_for_the_others(self):
        code, output, error = self.call("second_fails", "11,0,0 12,1,-9 13,0,0")
        self.assertEqual((code, output), (1, ["second_fails 11", "second_fails 13"]))
        self.assertIn("LookupError: no files", error)
        self.assertNotIn("hydra_worker", error)

    def test_one_that_exits_is_called_for_the_others(self):
        code, output, _ = self.call("leaves")
        self.assertEqual((code, output), (1, ["leaves 11", "leaves 12"]))

    def test_what_it_leaves_to_the_end_of_the_process_is_done(self):
        code, output, _ = self.call("last", "11,0,0")
        self.assertEqual((code, sorted(output)), (0, ["at exit", "thread"]))

    def test_one_that_is_not_there_any_more_is_named(self):
        code, _, error = self.call("gone")
        self.assertEqual(code, 1)
        self.assertIn('--on-worker-exit: The module "hooks" has no attribute "gone".', error)


if __name__ == "__main__":
    unittest.main()
