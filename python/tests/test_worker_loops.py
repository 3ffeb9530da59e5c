"""--worker-loops: several event loops in one worker. The tests run with a GIL, and go round its refusal."""

import json
import os
import socket
import tempfile
import unittest
from unittest import mock

from hydra_worker import manyloops, process
from tests.cases import HAS_UVLOOP, SPEEDUPS, WorkerCase
from tests.fake_front import Front
from tests.fake_link import wire

LOOPS = {"worker_loops": 3, "data_links": 6}
NAMES = ["MainThread", "hydra-loop-1", "hydra-loop-2"]
APP = "many_loops:app"
KINDS = ["asyncio"] + (["uvloop"] if HAS_UVLOOP else [])


def said(response):
    return json.loads(response.body)


class Asgi(WorkerCase):
    app = APP
    boot = {"lifespan": "on", "loop": "asyncio", "interruptible": True, **LOOPS}

    def test_link_belongs_to_the_loop_that_is_its_index_modulo_their_number(self):
        self.assertEqual([said(self.front.get("/thread", link=link)) for link in range(6)], NAMES * 2)

    def test_requests_of_different_loops_run_at_the_same_time(self):
        exchanges = [self.front.open("GET", "/meets", link=link) for link in range(3)]
        self.assertEqual([said(exchange.response()) for exchange in exchanges], [[True, True]] * 3)

    def test_lifespan_is_run_once_and_its_state_is_everybodys(self):
        for link in range(3):
            self.assertEqual(said(self.front.get("/life", link=link)), [True, [["startup", "MainThread"]]])

    def test_ready_says_how_many(self):
        self.assertEqual(self.ready_loop, f"asyncio{SPEEDUPS}, 3 loops")

    def test_subprocess_can_be_waited_for_in_each(self):
        for link in range(3):
            self.assertEqual(said(self.front.get("/subprocess", link=link)), ["said\n", 0])

    def test_lag_is_that_of_the_latest(self):
        for link in range(3):
            with self.subTest(link=link), tempfile.TemporaryDirectory() as directory:
                flag = os.path.join(directory, "flag")
                exchange = self.front.open("GET", "/blocks", query=flag, link=link)
                self.front.wait_begun(flag)
                while self.front.ping()[1] <= 20_000:
                    pass
                others = [each for each in range(3) if each != link]
                self.assertEqual([said(self.front.get("/thread", link=each)) for each in others], [NAMES[each] for each in others])
                with open(flag, "w"):
                    pass
                self.assertEqual(said(exchange.response()), NAMES[link])

    def test_request_whose_time_is_over_is_cancelled_in_each(self):
        for link in range(3):
            with self.subTest(link=link), tempfile.TemporaryDirectory() as directory:
                flag = os.path.join(directory, "flag")
                exchange = self.front.open("GET", "/sleeps", query=flag, link=link + 3)
                self.front.wait_begun(flag)
                exchange.cancel(wire.CANCEL_TIMEOUT)
                name = f"(request {link + 3}."
                self.front.wait_log(lambda record: name in record.message and "Its task is here" in record.message)

    def test_loop_that_is_held_up_beside_the_main_threads_is_named_and_not_interrupted(self):
        with tempfile.TemporaryDirectory() as directory:
            flag = os.path.join(directory, "flag")
            exchange = self.front.open("GET", "/blocks", query=flag, link=4)
            self.front.wait_begun(flag)
            self.front.control.send(wire.pack_interrupt(0, 0, exchange.id, 4, wire.CANCEL_TIMEOUT))
            self.front.wait_log(lambda record: "Only the main thread's event loop can be interrupted" in record.message)
            held = self.front.wait_log(lambda record: "It holds up the event loop" in record.message).message
            self.assertIn("many_loops.py", held)
            with open(flag, "w"):
                pass
            self.assertEqual(said(exchange.response()), NAMES[1])


class Life(unittest.TestCase):
    def start(self, directory, kind="asyncio", **boot):
        front = self.enterContext_(Front(APP, **{"loop": kind, **LOOPS, **boot}))
        front.ready()
        return front, os.path.join(directory, "flag")

    def enterContext_(self, front):
        front.__enter__()
        self.addCleanup(front.__exit__, None)
        return front

    def test_drain_waits_for_the_requests_of_all_loops(self):
        for kind in KINDS:
            with self.subTest(kind), tempfile.TemporaryDirectory() as directory:
                front, flag = self.start(directory, kind)
                exchanges = [front.open("GET", "/waits", query=flag, link=link) for link in range(3)]
                front.wait_begun(flag, 3)
                front.drain()
                with open(flag, "w"):
                    pass
                self.assertEqual([said(exchange.response()) for exchange in exchanges], NAMES)
                self.assertEqual(front.goodbye(), (0, ""))
                self.assertEqual(front.wait_exit(), 0)
                self.assertEqual(front.stdout().count("shutdown in MainThread"), 1)

    def test_drain_counts_what_it_had_to_cancel_in_all_loops(self):
        for kind in KINDS:
            with self.subTest(kind), tempfile.TemporaryDirectory() as directory:
                front, flag = self.start(directory, kind)
                for link in range(3):
                    front.open("GET", "/sleeps", query=flag, link=link)
                front.wait_begun(flag, 3)
                front.drain(0.1)
                self.assertEqual(front.goodbye(), (3, ""))
                self.assertEqual(front.wait_exit(), 0)

    def test_loop_that_is_held_up_does_not_keep_the_others_from_their_end(self):
        with tempfile.TemporaryDirectory() as directory:
            front, flag = self.start(directory)
            front.open("GET", "/blocks", query=flag, link=1)
            front.wait_begun(flag)
            front.drain(0.1)
            self.assertEqual(front.goodbye(), (1, ""))
            self.assertEqual(front.wait_exit(), 0)
            record = front.wait_log(lambda record: "does not come to its end" in record.message)
            self.assertIn("many_loops.py", record.message)
            self.assertIn("shutdown in MainThread", front.stdout())

    def test_application_that_exits_in_any_loop_ends_the_worker(self):
        for kind in KINDS:
            for link in range(2):
                with self.subTest(kind, link=link), tempfile.TemporaryDirectory() as directory:
                    front, _ = self.start(directory, kind)
                    front.open("GET", "/exits", link=link)
                    self.assertEqual(front.wait_exit(), 7)

    def test_link_of_any_loop_that_is_lost_ends_the_worker(self):
        for link in range(3):
            with self.subTest(link=link), tempfile.TemporaryDirectory() as directory:
                front, _ = self.start(directory)
                front.data[link].sock.shutdown(socket.SHUT_RDWR)
                self.assertEqual(front.goodbye(), (0, ""))
                self.assertEqual(front.wait_exit(), 1)

    def test_front_that_is_gone_ends_the_worker(self):
        with tempfile.TemporaryDirectory() as directory:
            front, flag = self.start(directory)
            front.open("GET", "/sleeps", query=flag, link=2)
            front.wait_begun(flag)
            front.control.sock.shutdown(socket.SHUT_RDWR)
            self.assertEqual(front.wait_exit(), 1)

    def test_handler_of_sigterm_is_called_on_the_loop_that_it_was_given_to(self):
        with tempfile.TemporaryDirectory() as directory:
            front, _ = self.start(directory)
            self.assertEqual(said(front.get("/handles", query="once", link=1)), "handled")
            front.stop()
            self.assertIn("told once", front.stdout())

    def test_other_interfaces_of_an_event_loop(self):
        for app, interface in (("many_loops:rsgi", "rsgi"), ("many_loops:raw", "raw")):
            with self.subTest(interface):
                front = self.enterContext_(Front(app, interface=interface, **LOOPS))
                front.ready()
                self.assertEqual([front.get("/", link=link).body.decode() for link in range(3)], NAMES)
                front.stop()


class Refusals(unittest.TestCase):
    def refused(self, app, **boot):
        with Front(app, env={"MANY_LOOPS_REFUSED": boot.pop("refused", "")}, worker_loops=3, **boot) as front:
            return front.failed()[1]

    def test_python_with_a_gil_is_named_with_what_to_use(self):
        sentence = self.refused(APP, refused="yes")
        for text in ("--worker-loops 3 is for a Python without a global interpreter lock", process.python_version(), "Use --workers 3 instead."):
            self.assertIn(text, sentence)

    def test_free_threaded_python_whose_lock_is_on_is_told_why(self):
        with mock.patch("sysconfig.get_config_var", lambda name: 1), mock.patch.object(process, "has_gil", lambda: True):
            self.assertIn("is a free-threaded build, but its lock is on", manyloops.lock_problem())

    def test_free_threaded_python_is_taken(self):
        with mock.patch.object(process, "has_gil", lambda: False):
            self.assertIsNone(manyloops.lock_problem())

    def test_wsgi_is_for_threads(self):
        self.assertIn("which runs its requests in threads: use --threads 3 in the place of --worker-loops 3.", self.refused("many_loops:wsgi"))

    def test_adapter_that_does_not_say_so_has_one_loop(self):
        sentence = self.refused("own_adapter:app", interface="own_adapter:Adapter")
        self.assertIn("whose applications belong to one event loop: use --workers 3", sentence)
