"""Starting tasks at once: in the process, against what asyncio itself does."""

import asyncio
import contextvars
import functools
import importlib.util
import sys
import unittest

from tests.fake_front import Front
from hydra_worker.eventloop.tasks import _Capture, starter

variable = contextvars.ContextVar("variable", default="unset")


def loops():
    kinds = [asyncio.new_event_loop]
    try:
        import uvloop

        kinds.append(uvloop.new_event_loop)
    except ImportError:
        pass
    return kinds


class NestedTests(unittest.TestCase):
    def test_loop_that_is_patched_to_run_within_itself_takes_no_first_steps(self):
        loop = asyncio.new_event_loop()
        try:
            loop._nest_patched = True
            self.assertEqual(starter(loop), loop.create_task)
        finally:
            loop.close()


class ReentryTests(unittest.TestCase):
    def test_loop_that_a_first_step_runs_within_itself_goes_on_serving(self):
        kinds = ["own"] + (["nest_asyncio"] if importlib.util.find_spec("nest_asyncio") else [])
        for kind in kinds:
            with self.subTest(kind), Front("nested:app", loop="asyncio", lifespan="off") as front:
                front.ready()
                # The loop runs within the first step of the first, until the second has come, and waits for that step.
                nests = front.open("GET", "/nests", query=kind)
                front.wait_stderr("nests")
                self.assertEqual(front.get("/quick").body, b"quick")
                self.assertEqual(nests.response().body, b"nested")
                # From then on others are served while it does.
                nests = front.open("GET", "/nests_until_told", query=kind)
                for _ in range(20):
                    self.assertEqual(front.get("/quick").body, b"quick")
                self.assertEqual(front.get("/go_on").body, b"quick")
                self.assertEqual(nests.response().body, b"nested")
                self.assertEqual([record.message for record in front.logs], [])
                front.stop()


def in_callback(function):
    """Runs the test for each kind of loop, its body inside of a callback, where no task runs."""

    @functools.wraps(function)
    def test(self):
        for kind in loops():
            for start in (starter, lambda loop: _Capture(loop).start):
                with self.subTest(kind=kind.__module__, start=start.__name__):
                    loop = kind()
                    result = loop.create_future()

                    def run():
                        try:
                            self.assertIsNone(asyncio.current_task())
                            outcome = function(self, loop, start(loop))
                        except BaseException as error:
                            result.set_exception(error)
                        else:
                            result.set_result(outcome)

                    async def main():
                        loop.call_soon(run)
                        outcome = await result
                        if outcome is not None:
                            await outcome

                    try:
                        loop.run_until_complete(asyncio.wait_for(main(), 30))
                    finally:
                        loop.close()

    return test


class TaskTests(unittest.TestCase):
    @in_callback
    def test_first_step_runs_before_start_returns(self, loop, start):
        seen = []

        async def work():
            seen.append(asyncio.current_task())
            await asyncio.sleep(0)
            seen.append(asyncio.current_task())

        task = start(work())
        self.assertEqual(len(seen), 1)
        self.assertIs(seen[0], task)
        self.assertIsNone(asyncio.current_task())
        self.assertFalse(task.done())

        async def rest():
            await task
            self.assertEqual(seen, [task, task])

        return rest()

    @in_callback
    def test_task_that_finishes_at_once_is_done(self, loop, start):
        async def work():
            return 5

        task = start(work())
        self.assertTrue(task.done())
        self.assertEqual(task.result(), 5)
        self.assertIsInstance(task, asyncio.Task)

    @in_callback
    def test_exception_is_kept_in_the_task(self, loop, start):
        async def work():
            raise KeyError("x")

        task = start(work())
        self.assertIsInstance(task.exception(), KeyError)

    @in_callback
    def test_context_is_a_copy(self, loop, start):
        variable.set("outside")

        async def work():
            self.assertEqual(variable.get(), "outside")
            variable.set("inside")
            await asyncio.sleep(0)
            self.assertEqual(variable.get(), "inside")

        task = start(work())
        self.assertEqual(variable.get(), "outside")
        return task

    @in_callback
    def test_callbacks_made_in_the_first_step_are_the_loops(self, loop, start):
        order = []

        async def work():
            loop.call_soon(order.append, "callback")
            order.append("first step")
            await asyncio.sleep(0)
            order.append("second step")

        task = start(work())
        self.assertEqual(order, ["first step"])

        async def rest():
            await task
            self.assertEqual(order, ["first step", "callback", "second step"])

        return rest()

    @in_callback
    def test_tasks_within_tasks_are_scheduled_as_usual(self, loop, start):
        order = []

        async def inner():
            order.append("inner")

        async def work():
            task = asyncio.ensure_future(inner())
            order.append("outer")
            await task
            order.append("end")

        task = start(work())
        self.assertEqual(order, ["outer"])

        async def rest():
            await task
            self.assertEqual(order, ["outer", "inner", "end"])

        return rest()

    @in_callback
    def test_cancellation_reaches_the_coroutine(self, loop, start):
        async def work():
            await asyncio.sleep(60)

        task = start(work())
        task.cancel()

        async def rest():
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertTrue(task.cancelled())

        return rest()

    def check_factory(self, factory, expected):
        for kind in loops():
            loop = kind()
            used = []

            def counting(*args, **options):
                used.append(args)
                return factory(*args, **options)

            async def main():
                loop.set_task_factory(counting)
                done = loop.create_future()
                order = []

                async def work():
                    order.append("first")
                    loop.call_soon(order.append, "callback")
                    await asyncio.sleep(0)
                    order.append("second")
                    return asyncio.current_task()

                def run():
                    task = starter(loop)(work())
                    order.append("started")
                    task.add_done_callback(done.set_result)

                loop.call_soon(run)
                task = await done
                self.assertIs(task.result(), task)
                self.assertEqual(order, expected)
                self.assertEqual(len(used), 1)

            try:
                loop.run_until_complete(asyncio.wait_for(main(), 30))
            finally:
                loop.close()

    def test_task_factory_of_the_application_is_used(self):
        def factory(loop, coroutine, **options):
            # A factory may use the loop for other things, too.
            loop.call_soon(lambda: None)
            return asyncio.Task(coroutine, loop=loop, **options)

        self.check_factory(factory, ["first", "started", "callback", "second"])

    def test_eager_task_factory_of_the_application_is_used(self):
        if sys.version_info < (3, 12):
            self.skipTest("came with Python 3.12")
        self.check_factory(asyncio.eager_task_factory, ["first", "started", "callback", "second"])


if __name__ == "__main__":
    unittest.main()
