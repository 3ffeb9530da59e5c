"""Debuggers: the worker's own threads go on, and the front is told that what stands still does not hang."""

import importlib.util
import json
import os
import re
import socket
import tempfile
import threading
import time
import unittest

from tests.apps import breakpoints
from tests.cases import PYPY
from tests.fake_front import DEADLINE, Front, wire
from hydra_worker import debuggers, native

APPS = (
    ("breakpoints:asgi", {"interface": "asgi"}),
    ("breakpoints:wsgi", {}),
    ("breakpoints:wsgi", {"threads": 3}),
)


class OwnThreadTests(unittest.TestCase):
    def dummy_of(self, start):
        """What a debugger makes of a thread that `threading` does not know."""
        found = []
        start("hydra-test", lambda: found.append(threading.current_thread())).wait(DEADLINE)
        return found[0]

    def look(self, start, name):
        """What it finds at it while the thread runs."""
        debuggers.spare_own_threads()
        found = []
        start("hydra-test", lambda: found.append(getattr(threading.current_thread(), name))).wait(DEADLINE)
        return found[0]

    def test_own_thread_is_left_alone(self):
        self.assertIs(self.look(native.start, "pydev_do_not_trace"), True)
        self.assertIs(self.look(native.start, "is_pydev_daemon_thread"), True)

    def test_thread_of_the_application_is_not(self):
        def start(name, target):
            ended = native.Event()
            native.start_new_thread(native._run_visible, (name, target, (), ended))
            return ended

        self.assertIs(self.look(start, "pydev_do_not_trace"), False)
        self.assertIs(self.look(start, "is_pydev_daemon_thread"), False)

    def test_thread_that_a_debugger_has_set_itself_stays_so(self):
        debuggers.spare_own_threads()
        dummy = self.dummy_of(native.start)
        dummy.is_pydev_daemon_thread = False
        self.assertIs(dummy.is_pydev_daemon_thread, False)


class ProbeTests(unittest.TestCase):
    def test_pong_says_that_somebody_is_at_a_prompt(self):
        for app, boot in APPS:
            with self.subTest(app=app, **boot), tempfile.TemporaryDirectory() as directory:
                with Front(app, interruptible=True, **boot) as front:
                    front.ready()
                    self.assertEqual(front.ping()[2], 0)
                    flag = os.path.join(directory, "flag")
                    exchange = front.open("GET", "/prompt", query=flag)
                    front.wait_begun(flag, requests=0)
                    self.assertEqual(front.ping()[1:], (0, 1))
                    # An interruption that the front has sent before it knew: what is looked at stays as it is.
                    front.control.send(wire.pack_interrupt(0, 0, exchange.id, 0, wire.CANCEL_TIMEOUT))
                    self.assertEqual(front.ping()[2], 1)
                    with open(flag, "w"):
                        pass
                    self.assertEqual(exchange.response().body, b"went on")
                    self.assertEqual(front.ping()[2], 0)
                    front.stop()


class Client:
    """Speaks the Debug Adapter Protocol, as an editor does."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self.file = self.socket.makefile("rb")
        self.number = 0

    def attach(self, path, line):
        self.send("initialize", adapterID="test", linesStartAt1=True, columnsStartAt1=True, pathFormat="path")
        self.until(command="initialize")
        self.send("attach", justMyCode=False)
        self.until(event="initialized")
        self.send("setBreakpoints", source={"path": path}, breakpoints=[{"line": line}])
        self.until(command="setBreakpoints")
        self.send("configurationDone")
        self.until(command="attach")

    def send(self, command, **arguments):
        self.number += 1
        message = {"seq": self.number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def until(self, **wanted):
        while True:
            length = 0
            for line in iter(self.file.readline, b""):
                name, _, value = line.strip().partition(b":")
                if not name:
                    break
                if name.lower() == b"content-length":
                    length = int(value)
            message = json.loads(self.file.read(length))
            if all(message.get(key) == value for key, value in wanted.items()):
                return message.get("body")

    def close(self):
        self.file.close()
        self.socket.close()


@unittest.skipIf(PYPY, "debugpy needs what PyPy has not")
@unittest.skipUnless(importlib.util.find_spec("debugpy"), "debugpy is not installed")
class DebugpyTests(unittest.TestCase):
    def debug(self, front, port):
        client = Client(port)
        client.attach(breakpoints.__file__, breakpoints.BREAKPOINT)
        exchange = front.open("GET", "/stop")
        stopped = client.until(event="stopped")
        self.assertTrue(stopped.get("allThreadsStopped"))
        for _ in range(5):
            # Each answer takes the control link's thread through another turn of its loop, traced if it were.
            self.assertEqual(front.ping()[2], 1)
        client.send("continue", threadId=stopped["threadId"])
        self.assertEqual(exchange.response().body, b"went on")
        client.send("disconnect")
        client.until(command="disconnect")
        deadline = time.monotonic() + DEADLINE
        while front.ping()[2]:
            self.assertLess(time.monotonic(), deadline, "the debugger has left, and still counts")
        # debugpy's own process stays as long as somebody is connected to it.
        client.close()
        front.stop()

    def test_breakpoint_stops_none_of_the_shims_threads(self):
        for app, boot in APPS:
            with self.subTest("attached before", app=app, **boot):
                with Front(app, env={"DEBUGPY": "1"}, **boot) as front:
                    front.ready()
                    front.wait_stderr("listening\n")
                    self.debug(front, int(re.search(r"port (\d+) listening\n", front.stderr()).group(1)))
            with self.subTest("attached after", app=app, **boot), Front(app, **boot) as front:
                front.ready()
                self.debug(front, int(front.get("/listen").body))
