"""How a worker starts, and what the application finds in its process."""

import glob
import json
import os
import signal
import subprocess
import sys
import time
import unittest

from tests.fake_front import APPS, DEADLINE, SHIM, Front, boot_document


def document(without="", **fields):
    """A line for standard input that is wrong in this."""
    whole = boot_document(**{"address": "unix:/x", "token": "t", "app": "a", **fields})
    whole.pop(without, None)
    return json.dumps(whole).encode() + b"\n"


class BootTests(unittest.TestCase):
    def run_shim(self, line):
        return subprocess.run(
            [sys.executable, SHIM],
            input=line,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=DEADLINE,
            cwd=APPS,
        )

    def test_boot_without_a_document_says_so(self):
        for line, sentence in (
            (b"", b"no boot document"),
            (b"nonsense\n", b"not JSON"),
            (b"[]\n", b"not a JSON object"),
            (b"{}\n", b"different builds"),
            (document(schema="1"), b"different builds"),
            (document(address=""), b"an empty 'address'"),
            (document(worker="0"), b"'worker' must be int"),
            (document(more=1), b"unknown field 'more'"),
            (document(without="app"), b"has no 'app'"),
            (document(address="unix:/nowhere/s"), b"cannot connect to the front"),
            (document(address="pigeon:x"), b"of no known kind"),
        ):
            with self.subTest(line=line):
                done = self.run_shim(line)
                self.assertEqual(done.returncode, 3)
                self.assertIn(sentence, done.stderr)
                self.assertNotIn(b"Traceback", done.stderr)

    def test_python_that_is_too_old_is_told_so(self):
        # The version is a lie for the present interpreter; those that happen to be here tell the truth.
        lie = "import runpy, sys; sys.version_info = (3, 7, 16); runpy.run_path(%r, run_name='__main__')"
        cases = [([sys.executable, "-c", lie % SHIM], "3.7.16", sys.executable)]
        for version in ("2.7", "3.6", "3.7"):
            for python in glob.glob(os.path.expanduser("~/.pyenv/versions/%s.*/bin/python" % version)):
                cases.append(([python, SHIM], version, python))
        for command, version, python in cases:
            with self.subTest(command[0]):
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    timeout=DEADLINE,
                )
                self.assertEqual(done.returncode, 3, done.stderr)
                said = done.stderr.decode()
                self.assertTrue(
                    said.startswith("Python 3.8 or newer is needed; this is Python " + version), said
                )
                self.assertIn(python, said)
                self.assertEqual(len(said.splitlines()), 1, said)

    def test_front_that_refuses_the_token_is_named(self):
        front = Front("hello:asgi", token="00")
        with front:
            self.assertEqual(front.wait_exit(), 3)
            self.assertIn("did not accept the link", front.stderr())

    def test_application_sees_a_clean_process(self):
        with Front("environment:app") as front:
            front.ready()
            seen = json.loads(front.get().body)
            self.assertEqual(seen["stdin"], "")
            self.assertEqual(seen["path0"], APPS)
            self.assertEqual(seen["shim_on_path"], False)
            self.assertEqual(seen["worker_id"], "0")
            self.assertEqual(seen["sigint_in_child"], "default")
            self.assertEqual(seen["child_sockets"], 0)
            front.stop()

    def test_safe_path_does_not_hide_the_package(self):
        if sys.version_info < (3, 11):
            self.skipTest("PYTHONSAFEPATH came with 3.11")
        with Front("hello:asgi", env={"PYTHONSAFEPATH": "1"}) as front:
            front.ready()
            self.assertEqual(front.get().body, b"hello")

    def test_multiprocessing_spawn_works_in_the_application(self):
        with Front("environment:app") as front:
            front.ready()
            self.assertEqual(front.get("/spawn").body, b"42")
            front.stop()

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_child_does_not_hold_the_links(self):
        for app in ("environment:app", "environment:wsgi"):
            with self.subTest(app), Front(app) as front:
                front.ready()
                child = int(front.get("/fork").body)
                try:
                    front.process.kill()
                    front.process.wait(DEADLINE)
                    # The child lives, and yet the front sees the end of both links.
                    os.kill(child, 0)
                    self.assertTrue(front.control.closed.wait(DEADLINE))
                    self.assertTrue(front.data[0].closed.wait(DEADLINE))
                    os.kill(child, 0)
                finally:
                    os.kill(child, signal.SIGKILL)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_child_is_a_program_of_its_own(self):
        for app, boot, path in (
            ("environment:app", {"loop": "asyncio"}, "/fork_and_terminate"),
            ("environment:app", {}, "/fork_and_terminate"),
            ("environment:app", {}, "/fork_and_terminate_in_thread"),
            ("environment:wsgi", {}, "/fork_and_terminate"),
            ("environment:wsgi", {"threads": 3}, "/fork_and_terminate"),
        ):
            with self.subTest(app=app, path=path, **boot), Front(app, **boot) as front:
                front.ready()
                in_thread = "threads" in boot or path.endswith("thread")
                for _ in range(3):
                    *default, ended_by = json.loads(front.get(path).body)
                    self.assertEqual(ended_by, signal.SIGTERM)
                    # PyPy sets no handlers in a child that was forked in a thread.
                    if not (in_thread and sys.implementation.name == "pypy"):
                        self.assertEqual(default, [True, True])
                front.stop()
                self.assertEqual(front.stderr().count("from the child"), 3)
                self.assertEqual(front.stderr().count("by the shim in the child"), 3)
                self.assertFalse([record for record in front.logs if "child" in record.message])

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_child_that_returns_to_the_worker_ends(self):
        for threads in (1, 3):
            with self.subTest(threads), Front("environment:wsgi", threads=threads) as front:
                front.ready()
                for _ in range(3):
                    self.assertEqual(front.get("/fork_and_return").body, b"0")
                front.stop()
                self.assertEqual(front.stderr(), "")

    def test_print_is_one_line_at_a_time(self):
        with Front("environment:app") as front:
            front.ready()
            front.get("/print")
            deadline = time.monotonic() + DEADLINE
            while len(front.output["out"]) < 2 and time.monotonic() < deadline:
                time.sleep(0.001)
            self.assertEqual([line.strip() for line in front.output["out"]], [b"one two", b"three"])


if __name__ == "__main__":
    unittest.main()
