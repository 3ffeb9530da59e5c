"""The template process of --preload, and the workers that it forks."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

from tests.fake_front import APPS, SHIM, boot_document
from tests.fake_link import DEADLINE, wire
from tests.fake_template import Forked, TemplateFront


def facts(worker):
    return json.loads(worker.get("/").body)


@unittest.skipUnless(hasattr(os, "fork") and hasattr(socket, "SCM_RIGHTS"), "needs fork() and Unix sockets")
class TemplateTests(unittest.TestCase):
    def test_workers_share_the_import_and_nothing_else(self):
        with TemplateFront("preloaded:wsgi") as template:
            concurrency, _, interface, python, loop = template.ready()
            self.assertEqual((concurrency, interface, loop), (0, "wsgi", ""))
            with Forked(template, 3) as first, Forked(template, 5) as second:
                first.ready()
                second.ready()
                found = [facts(first), facts(second)]
                self.assertEqual([f["importer"] for f in found], [template.process.pid] * 2)
                self.assertEqual([f["parent"] for f in found], [template.process.pid] * 2)
                self.assertEqual([f["pid"] for f in found], [first.pid, second.pid])
                self.assertEqual([f["worker"] for f in found], ["3", "5"])
                self.assertEqual([f["main"] for f in found], [True] * 2)
                self.assertEqual([f["stdin"] for f in found], [os.devnull] * 2)
                self.assertNotEqual(found[0]["random"], found[1]["random"])
                self.assertEqual(first.stop(), (0, ""))
                second.stop()
            template.drain()
            self.assertEqual(template.wait_exit(), 0)
        # Printed before the fork: once, whatever was buffered.
        self.assertEqual(template.stdout(), "imported\n")
        self.assertEqual(first.stdout() + second.stdout(), "")

    def test_end_of_a_worker_is_reported_with_its_code_or_signal(self):
        with TemplateFront("preloaded:wsgi") as template:
            template.ready()
            with Forked(template, 0) as killed, Forked(template, 1) as signalled:
                killed.ready()
                signalled.ready()
                template.kill(killed.pid)
                self.assertEqual(killed.wait_exit(), 128 + signal.SIGKILL)
                os.kill(signalled.pid, signal.SIGABRT)
                self.assertEqual(signalled.wait_exit(), 128 + signal.SIGABRT)
                # Of one that has ended: no error, and nobody else's end.
                template.kill(killed.pid)
            with Forked(template, 2) as another:
                another.ready()
                another.stop()

    def test_drain_ends_the_template_with_its_last_worker(self):
        with TemplateFront("preloaded:wsgi") as template:
            template.ready()
            with Forked(template, 0) as worker:
                worker.ready()
                template.drain()
                self.assertEqual(facts(worker)["worker"], "0")
                worker.stop()
                self.assertEqual(template.wait_exit(), 0)

    def test_worker_without_a_boot_document_exits(self):
        with TemplateFront("preloaded:wsgi") as template:
            template.ready()
            reads, writes = os.pipe()
            with open(os.devnull, "r+b", buffering=0) as null:
                pid, _ = template.fork([null.fileno()] * 3 + [reads])
            os.close(reads)
            self.addCleanup(os.close, writes)
            self.assertEqual(template.wait_exit_of(pid), 3)

    @unittest.skipUnless(sys.platform.startswith("linux"), "elsewhere the front ends them")
    def test_worker_outlives_its_template_and_not_its_front(self):
        with TemplateFront("preloaded:wsgi") as template:
            template.ready()
            with Forked(template, 0) as worker:
                worker.ready()
                template.process.kill()
                self.assertEqual(template.wait_exit(), -signal.SIGKILL)
                self.assertEqual(facts(worker)["pid"], worker.pid)
                # It can do nothing about it itself, as where C code holds the interpreter's lock.
                os.kill(worker.pid, signal.SIGSTOP)
                worker.cut()
                self.wait_end(worker.pid)

    def test_front_that_is_gone_ends_the_template(self):
        with TemplateFront("preloaded:wsgi") as template:
            template.ready()
            with Forked(template, 0) as worker:
                worker.ready()
                template.control.sock.shutdown(socket.SHUT_RDWR)
                self.assertEqual(template.wait_exit(), 0)
                worker.drain()
                worker.goodbye()
                self.wait_end(worker.pid)

    def test_frames_that_may_not_come_end_the_template(self):
        for frame in (wire.pack_ping(0, 0, 1), wire.pack_fork(0, 0, 1), wire.pack_drain(7, 0, 1)):
            with self.subTest(frame=frame), TemplateFront("preloaded:wsgi") as template:
                template.ready()
                template.control.send(frame)
                self.assertEqual(template.wait_exit(), 0)

    def test_application_that_cannot_be_imported_is_reported(self):
        with TemplateFront("preloaded:wsgi", env={"PRELOADED": "fails"}) as template:
            _, message, trace = template.failed()
            self.assertIn("not today", message)
            self.assertIn("preloaded.py", trace)
            self.assertNotIn("template.py", trace)

    def test_threads_that_were_started_at_import_are_warned_of(self):
        with TemplateFront("preloaded:wsgi", env={"PRELOADED": "threads"}) as template:
            template.ready()
            record = template.wait_log(lambda r: "at-import" in r.message)
            self.assertEqual((record.level, record.logger), (wire.LOG_WARNING, "hydra.error"))
            with Forked(template, 0) as worker:
                worker.ready()
                self.assertNotIn("at-import", facts(worker)["threads"])
                worker.stop()

    def test_threads_that_are_started_again_after_the_fork_are_not_warned_of(self):
        with TemplateFront("preloaded:wsgi", env={"PRELOADED": "restarts"}) as template:
            template.ready()
            record = template.wait_log(lambda r: "has started threads" in r.message)
            self.assertIn("(is-missed)", record.message)
            with Forked(template, 0) as worker:
                worker.ready()
                self.assertIn("restarts", facts(worker)["threads"])
                worker.stop()

    def test_signals_end_neither_workers_nor_the_template(self):
        with TemplateFront("preloaded:wsgi", env={"PRELOADED": "signals"}) as template:
            template.ready()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
                template.process.send_signal(number)
            with Forked(template, 0) as worker:
                worker.ready()
                for number in (signal.SIGHUP, signal.SIGINT, signal.SIGUSR2):
                    os.kill(worker.pid, number)
                # Written by C code of which Python's table knows nothing.
                os.kill(worker.pid, signal.SIGUSR1)
                worker.wait_stderr("most recent call first")
                self.assertEqual(facts(worker)["worker"], "0")
                # The application's own handler, which it has installed while it was imported, would exit with 42.
                os.kill(worker.pid, signal.SIGTERM)
                self.assertEqual(facts(worker)["worker"], "0")
                worker.stop()

    def test_log_records_go_over_the_link_of_whoever_writes_them(self):
        with TemplateFront("preloaded:wsgi") as template:
            template.ready()
            template.wait_log(lambda r: (r.logger, r.message) == ("shop", "logged by %d" % template.process.pid))
            with Forked(template, 0) as worker:
                worker.ready()
                facts(worker)
                worker.wait_log(lambda r: (r.logger, r.message) == ("shop", "logged by %d" % worker.pid))
                worker.stop()
            self.assertEqual(template.stderr() + worker.stderr(), "")
            self.assertEqual(len(template.logs), 1)

    def test_python_that_cannot_fork_says_so(self):
        lie = "import os, runpy; del os.fork; runpy.run_path(%r, run_name='__main__')" % SHIM
        document = boot_document(address="unix:/nowhere/s", token="t", app="a", preload=True)
        done = subprocess.run(
            [sys.executable, "-c", lie],
            input=json.dumps(document).encode() + b"\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=DEADLINE,
            cwd=APPS,
        )
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"--preload needs fork()", done.stderr)

    def wait_end(self, pid):
        deadline = time.monotonic() + DEADLINE
        while os.path.exists("/proc/%d" % pid):
            with open("/proc/%d/stat" % pid) as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)


if __name__ == "__main__":
    unittest.main()
