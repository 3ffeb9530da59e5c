"""INSPECT: where a worker's code is. It changes nothing of what the worker does."""

import asyncio
import os
import tempfile
import time
import unittest

from tests.fake_front import Front
from tests.fake_link import DEADLINE


def lines(text):
    return text.split("\n")


def inspect_until(front, wanted, times=1, **what):
    """Until that is to be seen so many times: a task is there a moment after its request was sent, and what it starts a moment later."""
    return _until(lambda text: text.count(wanted) >= times, front, **what)


def tasks_until(front, wanted, times=1):
    """The same of the tasks. The threads are looked at before them, and the loop's may be anywhere then."""
    text = _until(lambda text: tasks(text).count(wanted) >= times, front)
    return tasks(text)


def tasks(text):
    """What is said of the tasks, which are below the threads."""
    at = text.find("\nTask ")
    return text[at:] if at >= 0 else ""


def _until(found, front, **what):
    deadline = time.monotonic() + DEADLINE
    while True:
        text = front.inspect(**what)
        if found(text):
            return text
        assert time.monotonic() < deadline, text


def indents(text, name):
    """How deep the tasks are whose stacks have this function, in columns."""
    found, depth = [], 0
    for line in lines(text):
        if line.lstrip().startswith("Task "):
            depth = len(line) - len(line.lstrip())
        elif f"in {name}" in line:
            found.append(depth)
    return found


class EverythingTests(unittest.TestCase):
    def test_idle_worker_shows_its_main_thread_and_none_of_the_servers_tasks(self):
        for app in ("asgi_cases:app", "wsgi_cases:app"):
            with self.subTest(app=app), Front(app) as front:
                front.ready()
                self.assertTrue(front.is_inspectable)
                text = front.inspect()
                self.assertIn("Thread MainThread", text)
                self.assertNotIn("hydra-control", text)
                # That of the lifespan is the application's.
                self.assertEqual(text.count("Task "), 1 if app.startswith("asgi") else 0)
                front.stop()

    def test_tasks_are_below_those_that_wait_for_them(self):
        with Front("inspected:app", loop="asyncio") as front:
            front.ready()
            exchange = front.open("GET", "/gathers")
            text = tasks_until(front, "in leaf", times=2)
            self.assertIn("GET /gathers, request 0.1.0, ", text)
            self.assertEqual(indents(text, "gathers"), [0])
            self.assertEqual(indents(text, "inner"), [4])
            self.assertEqual(sorted(indents(text, "leaf")), [4, 8])
            exchange.cancel()

    def test_tasks_of_a_group_are_below_the_one_that_has_it(self):
        with Front("inspected:app", loop="asyncio") as front:
            front.ready()
            exchange = front.open("GET", "/groups")
            text = tasks_until(front, "in leaf")
            self.assertEqual((indents(text, "groups"), indents(text, "leaf")), ([0], [4]))
            exchange.cancel()

    def test_request_that_blocks_is_named_and_its_line_is_shown(self):
        for app, boot in (("asgi_cases:app", {}), ("wsgi_cases:app", {}), ("wsgi_cases:app", {"threads": 3})):
            with self.subTest(app=app, **boot), tempfile.TemporaryDirectory() as directory, Front(app, **boot) as front:
                front.ready()
                flag = os.path.join(directory, "flag")
                exchange = front.open("GET", "/blocks", query=flag)
                front.wait_begun(flag)
                text = front.inspect()
                self.assertIn("in blocks", text)
                self.assertIn("(GET /blocks, request 0.1.0, ", text)
                self.assertIn("in blocks", front.inspect(stream=exchange.id))
                with open(flag, "w"):
                    pass
                self.assertEqual(exchange.response().body, b"unblocked")
                front.stop()

    def test_trio_tasks_are_below_their_nurseries(self):
        try:
            import trio  # noqa: F401
        except ImportError:
            self.skipTest("trio is not there")
        with Front("trio_cases:app", loop="trio") as front:
            front.ready()
            self.assertIn("Thread MainThread", front.inspect())
            front.stop()


class StreamTests(unittest.TestCase):
    def test_request_that_is_not_there_is_nothing(self):
        for app in ("asgi_cases:app", "wsgi_cases:app"):
            with self.subTest(app=app), Front(app) as front:
                front.ready()
                self.assertEqual(front.inspect(stream=99), "")
                front.stop()

    def test_request_shows_its_own_tasks_and_threads(self):
        with Front("inspected:app", loop="asyncio", interruptible=True) as front:
            front.ready()
            one, other = front.open("GET", "/threads"), front.open("GET", "/gathers")
            text = inspect_until(front, "in in_a_thread", stream=one.id)
            self.assertNotIn("in leaf", text)
            text = inspect_until(front, "in leaf", stream=other.id)
            self.assertNotIn("in in_a_thread", text)
            one.cancel()
            other.cancel()


class TreeTests(unittest.TestCase):
    def test_tasks_that_wait_for_each_other_are_shown_once(self):
        from hydra_worker.eventloop import tasktree

        async def waits():
            await asyncio.sleep(0)

        one, other = waits(), waits()
        nodes = [tasktree.Node(1, "one", one, [2]), tasktree.Node(2, "other", other, [1])]
        text = tasktree.show(nodes, lambda node: "")
        self.assertEqual([line for line in lines(text) if line.lstrip().startswith("Task ")], ["Task one:", "    Task other:"])
        one.close()
        other.close()

    def test_more_than_is_shown_is_counted(self):
        from hydra_worker.eventloop import tasktree

        async def waits():
            await asyncio.sleep(0)

        coroutine = waits()
        nodes = [tasktree.Node(n, str(n), coroutine, []) for n in range(tasktree._MOST_TASKS + 3)]
        self.assertEqual(lines(tasktree.show(nodes, lambda node: ""))[-1], "… and 3 tasks more")
        coroutine.close()
