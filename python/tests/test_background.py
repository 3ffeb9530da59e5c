"""Background work: schedules, what is sent of calls and exceptions, what `hydra_server.tasks` says to the server and makes of its answers."""

import asyncio
import datetime
import functools
import os
import socket
import sys
import threading
import time
import types
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "package"))

import hydra_server  # noqa: E402
from hydra_server import _state_link, _task_codec as codec, tasks  # noqa: E402
from hydra_server._cron import Cron  # noqa: E402
from hydra_worker import wire  # noqa: E402
from hydra_worker.tasks.clock import Clock  # noqa: E402

UTC = datetime.timezone.utc
called = []


def function(*args, **kwargs):
    called.append((args, kwargs))


async def coroutine(text):
    called.append(text)


class Strange(Exception):
    def __init__(self, one, two):
        super().__init__("only one")


def times(text, start, count, tz=None):
    cron = Cron(text, tz)
    moment = datetime.datetime.fromisoformat(start).replace(tzinfo=UTC)
    found = []
    for _ in range(count):
        moment = cron.after(moment)
        found.append(moment.strftime("%Y-%m-%d %H:%M"))
    return found


class CronTests(unittest.TestCase):
    def test_fields(self):
        self.assertEqual(times("*/15 * * * *", "2026-01-01 00:00", 5), ["2026-01-01 00:15", "2026-01-01 00:30", "2026-01-01 00:45", "2026-01-01 01:00", "2026-01-01 01:15"])
        self.assertEqual(times("5,10-12 3 * * *", "2026-01-01 03:06", 4), ["2026-01-01 03:10", "2026-01-01 03:11", "2026-01-01 03:12", "2026-01-02 03:05"])
        self.assertEqual(times("0 0 1 jan *", "2026-06-01", 2), ["2027-01-01 00:00", "2028-01-01 00:00"])
        self.assertEqual(times("10/20 0 * * *", "2026-01-01", 3), ["2026-01-01 00:10", "2026-01-01 00:30", "2026-01-01 00:50"])
        self.assertEqual(times("0 12 * * MON-wed", "2026-01-01", 4), ["2026-01-05 12:00", "2026-01-06 12:00", "2026-01-07 12:00", "2026-01-12 12:00"])
        self.assertEqual(times("@hourly", "2026-01-01 00:30", 1), ["2026-01-01 01:00"])
        self.assertEqual(times("@Weekly", "2026-01-01", 1), ["2026-01-04 00:00"])

    def test_days(self):
        # Sunday is 0 and 7; either day is enough where both are restricted, both are needed where one begins with a star.
        self.assertEqual(times("0 0 * * 0", "2026-01-01", 2), times("0 0 * * 7", "2026-01-01", 2))
        self.assertEqual(times("0 0 * * 5-7", "2026-01-01", 3), ["2026-01-02 00:00", "2026-01-03 00:00", "2026-01-04 00:00"])
        self.assertEqual(times("0 0 13 * 5", "2026-02-01", 4), ["2026-02-06 00:00", "2026-02-13 00:00", "2026-02-20 00:00", "2026-02-27 00:00"])
        self.assertEqual(times("0 0 */2 * 1", "2026-01-01", 3), ["2026-01-05 00:00", "2026-01-19 00:00", "2026-02-09 00:00"])
        self.assertEqual(times("0 0 29 2 *", "2026-01-01", 2), ["2028-02-29 00:00", "2032-02-29 00:00"])
        self.assertEqual(times("0 0 31 * *", "2026-01-31 01:00", 2), ["2026-03-31 00:00", "2026-05-31 00:00"])

    @unittest.skipIf(sys.version_info < (3, 9), "names of time zones need zoneinfo")
    def test_clocks_that_are_put_forward_and_back(self):
        paris = "Europe/Paris"
        # 2:30 is left out on the 29th of March, and comes twice on the 25th of October.
        self.assertEqual(times("30 2 * * *", "2026-03-28 00:00", 3, paris), ["2026-03-28 01:30", "2026-03-29 01:30", "2026-03-30 00:30"])
        self.assertEqual(times("30 2 * * *", "2026-10-24 12:00", 2, paris), ["2026-10-25 00:30", "2026-10-26 01:30"])
        self.assertEqual(times("30 * * * *", "2026-03-28 23:45", 3, paris), ["2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"])
        self.assertEqual(times("30 * * * *", "2026-10-24 23:45", 3, paris), ["2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"])
        self.assertEqual(times("0 0 * * *", "2026-06-01 00:00", 1, datetime.timezone(datetime.timedelta(hours=3))), ["2026-06-01 21:00"])

    def test_mistakes_are_named(self):
        for text, what in (
            ("* * * *", "4 fields"),
            ("60 * * * *", "'60' is no minute: that is 0 to 59"),
            ("* * 0 * *", "'0' is no day of the month"),
            ("* * * 13 *", "month"),
            ("* * * * 8", "day of the week"),
            ("5-3 * * * *", "ends before it begins"),
            ("*/0 * * * *", "'0' is no minute"),
            ("a * * * *", "'a' is no minute"),
            ("0 0 30 2 *", "never"),
            ("1,, * * * *", "'' is no minute"),
        ):
            with self.subTest(text), self.assertRaises(ValueError) as caught:
                Cron(text)
            self.assertIn(what, str(caught.exception))
        with self.assertRaises(TypeError):
            Cron(5)
        if sys.version_info >= (3, 9):
            with self.assertRaises(ValueError):
                Cron("* * * * *", "Europe/Nowhere")


class CodecTests(unittest.TestCase):
    def test_functions_are_found_by_their_names(self):
        for given in (function, coroutine, functools.partial(function, 1), datetime.datetime.fromtimestamp, len):
            found, args, kwargs = codec.unpack_function(codec.pack_function(given, (1, "x"), {"k": 2}))
            self.assertEqual((args, kwargs), ((1, "x"), {"k": 2}))
            self.assertTrue(found == given or isinstance(given, functools.partial))

        def local():
            pass

        def yields():
            yield

        for wrong in (lambda: None, local, 5, None, yields, codec.split_parts, functools.partial(codec.split_parts, b"")):
            with self.assertRaises(TypeError):
                codec.pack_function(wrong, (), {})
        with self.assertRaises(TypeError) as caught:
            codec.pack_function(function, (threading.Lock(),), {})
        self.assertIn("arguments", str(caught.exception))

    def test_exceptions_come_back_as_themselves_where_that_is_possible(self):
        for error, kind in ((KeyError("k"), KeyError), (Strange(1, 2), tasks.PoolError), (tasks.TaskTimeout(), tasks.TaskTimeout)):
            try:
                raise error
            except BaseException as raised:
                back = codec.unpack_error(codec.pack_error(raised))
            self.assertIs(type(back), kind)
            self.assertIn("test_background.py", str(back.__cause__))
        self.assertEqual(str(codec.unpack_error(codec.pack_error(Strange(1, 2)))), "Strange: only one")

    def test_parts(self):
        data = b"".join(len(part).to_bytes(4, "little") + part for part in (b"", b"one", b"x" * 1000))
        self.assertEqual(list(codec.split_parts(data)), [b"", b"one", b"x" * 1000])


class Server:
    """Answers each call with what the test has put there."""

    def __init__(self):
        self.calls = []
        self.replies = []

    def connect(self, make):
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._serve, args=(theirs,), daemon=True).start()
        return ours

    def _serve(self, sock):
        data = b""
        while True:
            received = sock.recv(65536)
            if not received:
                return
            data += received
            while len(data) >= 16 and len(data) >= 16 + wire.HEADER.unpack_from(data)[0]:
                length = wire.HEADER.unpack_from(data)[0]
                number, other, milliseconds, sequence, wait, operation, options, key, value = wire.unpack_state_call(data[16 : 16 + length])
                data = data[16 + length :]
                self.calls.append((operation, number, milliseconds, bytes(key), bytes(value)))
                if self.replies:
                    status, number, other, value = self.replies.pop(0)
                    sock.sendall(wire.pack_state_reply(0, 0, number, other, sequence, status, 0, value))


class WorkerTests(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        side = types.SimpleNamespace(is_there=lambda: True, connect=self.server.connect, wire=wire, when_serving=lambda function: None)
        self.was = sys.modules.get(_state_link._WORKER)
        sys.modules[_state_link._WORKER] = side
        _state_link.links._reset()

    def tearDown(self):
        _state_link.links._reset()
        if self.was is None:
            del sys.modules[_state_link._WORKER]
        else:
            sys.modules[_state_link._WORKER] = self.was

    def answer(self, status, number=0, other=0, value=b""):
        self.server.replies.append((status, number, other, value))

    def test_defer(self):
        self.answer(wire.STATUS_DONE, 17)
        chosen = hydra_server.defer.options(retries=2, timeout=1.5, delay=2, key="k", priority=-3, keep=60, backoff=0.5)
        self.assertEqual(chosen(function, 1, k=2), "17")
        operation, _, milliseconds, key, value = self.server.calls[0]
        self.assertEqual((operation, milliseconds, key), (wire.STATE_TASK_DEFER, 2000, b"k"))
        name = ("%s:function" % __name__).encode()
        self.assertEqual(codec._DEFER.unpack_from(value), (1500, 2, -3, 60, 500, len(name)))
        self.assertEqual(value[18 : 18 + len(name)], name)
        self.assertEqual(codec.unpack_function(value[18 + len(name) :]), (function, (1,), {"k": 2}))

        self.answer(wire.STATUS_FULL)
        with self.assertRaises(tasks.QueueFull):
            hydra_server.defer(function)
        self.answer(wire.STATUS_DONE, 18)
        self.assertEqual(asyncio.run(self.within(hydra_server.adefer.options(timeout=0), coroutine, "x")), "18")
        self.assertEqual(codec._DEFER.unpack_from(self.server.calls[-1][4])[0], 0xFFFFFFFF)

    @staticmethod
    async def within(call, *args):
        return await call(*args)

    def test_options_that_make_no_sense(self):
        for name, value in (
            ("retries", -1), ("retries", True), ("retries", 1.5), ("timeout", -1), ("timeout", "x"), ("delay", -1), ("key", ""), ("key", 5), ("key", "x" * 1025),
            ("priority", 1 << 15), ("keep", -1), ("backoff", float("nan")), ("outside", "there"),
        ):
            with self.subTest(name, value=value), self.assertRaises(ValueError):
                hydra_server.defer.options(**{name: value})
        with self.assertRaises(TypeError):
            hydra_server.defer.options(retry=1)

    def test_call(self):
        self.answer(wire.STATUS_DONE, 0, 0, codec.pack_value([1]))
        self.assertEqual(hydra_server.pool("model", timeout=2, idempotent=True).call("m", 1), [1])
        operation, number, milliseconds, key, value = self.server.calls[0]
        self.assertEqual((operation, number, milliseconds, key), (wire.STATE_TASK_CALL, 2, 2000, b"model"))
        self.assertEqual(codec.unpack_call(value[3:]), ("m", (1,), {}))
        for status, number, kind in (
            (wire.STATUS_MISSING, 0, tasks.NoSuchPool), (wire.STATUS_FULL, 0, tasks.QueueFull), (wire.STATUS_TIMED_OUT, 1, tasks.PoolTimeout),
            (wire.STATUS_LOST, 0, tasks.PoolCrashed), (wire.STATUS_TOO_LARGE, 0, ValueError), (wire.STATUS_INVALID, 0, tasks.TaskError),
        ):
            self.answer(status, number)
            with self.assertRaises(kind):
                hydra_server.pool("model").call("m")
        self.answer(wire.STATUS_DONE, 1, 0, codec.pack_error(KeyError("gone")))
        with self.assertRaises(KeyError):
            asyncio.run(self.within(hydra_server.pool("model").acall, "m"))
        with self.assertRaises(TypeError):
            hydra_server.pool("")
        with self.assertRaises(TypeError):
            hydra_server.pool("model").call(5)

    def wait_for(self, condition):
        until = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.001)

    def part(self, *values):
        packed = [codec.pack_value(value) for value in values]
        return b"".join(len(part).to_bytes(4, "little") + part for part in packed)

    def test_stream(self):
        self.answer(wire.STATUS_DONE, 9)
        self.answer(wire.STATUS_DONE, 0, 0, self.part("a", "b"))
        self.answer(wire.STATUS_DONE, 0, 0, self.part("c"))
        self.answer(wire.STATUS_DONE, 1)
        self.assertEqual(list(hydra_server.pool("model").stream("m")), ["a", "b", "c"])
        self.assertEqual([call[:2] for call in self.server.calls], [(wire.STATE_TASK_CALL, 1)] + [(wire.STATE_TASK_NEXT, 9)] * 3)

        self.answer(wire.STATUS_DONE, 9)
        self.answer(wire.STATUS_DONE, 0, 0, self.part("a", "b"))
        self.answer(wire.STATUS_DONE)
        stream = hydra_server.pool("model").stream("m")
        self.assertEqual(next(stream), "a")
        stream.close()
        self.assertEqual(self.server.calls[-1][:2], (wire.STATE_TASK_CANCEL, 9))

    def test_astream(self):
        async def read(limit):
            found = []
            stream = hydra_server.pool("model").astream("m")
            async for part in stream:
                found.append(part)
                if len(found) == limit:
                    await stream.aclose()
            return found

        self.answer(wire.STATUS_DONE, 9)
        self.answer(wire.STATUS_DONE, 0, 0, self.part("a", "b"))
        self.answer(wire.STATUS_DONE, 2, 0, codec.pack_error(KeyError("gone")))
        with self.assertRaises(KeyError):
            asyncio.run(read(3))
        self.answer(wire.STATUS_DONE, 9)
        self.answer(wire.STATUS_DONE, 0, 0, self.part("a", "b"))
        self.answer(wire.STATUS_DONE)
        self.assertEqual(asyncio.run(read(1)), ["a"])
        self.wait_for(lambda: self.server.calls[-1][:2] == (wire.STATE_TASK_CANCEL, 9))

    def test_stream_that_waits_and_is_cancelled_is_abandoned(self):
        async def read():
            async for _ in hydra_server.pool("model").astream("m"):
                pass

        async def cancel():
            reading = asyncio.ensure_future(read())
            while len(self.server.calls) < 2:
                await asyncio.sleep(0.001)
            reading.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await reading
            while len(self.server.calls) < 4:
                await asyncio.sleep(0.001)

        self.answer(wire.STATUS_DONE, 9)
        asyncio.run(cancel())
        # What it was to be given may have been on its way: so the stream is cancelled, too.
        self.assertEqual([call[0] for call in self.server.calls[2:]], [wire.STATE_ABANDON, wire.STATE_TASK_CANCEL])

    def test_find(self):
        head = b"".join(milliseconds.to_bytes(8, "little") for milliseconds in (1000, 2000, 3000))
        self.answer(wire.STATUS_DONE, 2, 1, head + codec.pack_value("result"))
        found = tasks.find("1883311130396336974")
        self.assertEqual(self.server.calls[0][:2], (wire.STATE_TASK_FIND, 1883311130396336974))
        self.assertEqual((found.state, found.attempts, found.result, found.queued.timestamp(), found.ended.timestamp()), ("done", 1, "result", 1.0, 3.0))
        self.answer(wire.STATUS_DONE, 3, 2, head)
        self.assertIsInstance(tasks.find("5").error, tasks.PoolCrashed)
        self.answer(wire.STATUS_DONE, 0, 0, head)
        self.assertEqual(tasks.find("5")[:3], ("5", "queued", 0))
        self.answer(wire.STATUS_MISSING)
        self.assertIsNone(tasks.find("nothing"))


class OutsideTests(unittest.TestCase):
    def test_defer_is_called_at_once(self):
        called.clear()
        self.assertEqual(hydra_server.defer(function, 1, k=2), "")
        self.assertEqual(called, [((1,), {"k": 2})])
        hydra_server.defer(coroutine, "x")
        asyncio.run(WorkerTests.within(hydra_server.adefer, coroutine, "y"))
        self.assertEqual(called[1:], ["x", "y"])
        with self.assertRaises(tasks.TasksUnavailable):
            hydra_server.defer.options(outside="error")(function)
        with self.assertRaises(TypeError):
            hydra_server.defer(lambda: None)
        for call in (lambda: hydra_server.pool("model").call("m"), lambda: next(hydra_server.pool("model").stream("m")), lambda: tasks.find("1")):
            with self.assertRaises(tasks.TasksUnavailable):
                call()
        self.assertFalse(tasks.cancelled())


class ScheduleTests(unittest.TestCase):
    def setUp(self):
        self.addCleanup(tasks._schedules.clear)

    def test_decorators_leave_the_function(self):
        self.assertIs(hydra_server.every(5)(function), function)
        self.assertIs(hydra_server.cron("@daily", timeout=3)(coroutine), coroutine)
        self.assertEqual([schedule.name for schedule in tasks.schedules()], ["%s:function" % __name__, "%s:coroutine" % __name__])
        for wrong in (0, -1, True, "5", 0.01):
            with self.assertRaises(ValueError):
                hydra_server.every(wrong)
        with self.assertRaises(TypeError):
            hydra_server.every(1)(lambda: None)

    def test_clock_says_the_next_times(self):
        hydra_server.every(1.5)(function)
        hydra_server.cron("* * * * *")(coroutine)
        packed = Clock(None, tasks, 0).pack(tasks.schedules(), datetime.datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC))
        self.assertEqual(packed[:2], b"\x02\x00")
        named, timeout, interval, count, size = Clock.__init__.__globals__["_HEAD"].unpack_from(packed, 2)
        self.assertEqual((named, timeout, interval, count), (len(__name__) + 9, 0, 1500, 0))
        at = 2 + 20 + named + size
        named, timeout, interval, count, size = Clock.__init__.__globals__["_HEAD"].unpack_from(packed, at)
        at += 20 + named
        stamps = [int.from_bytes(packed[at + i * 8 : at + i * 8 + 8], "little") // 1000 for i in range(count)]
        self.assertEqual(stamps, [1767225660, 1767225720, 1767225780])
        self.assertEqual(codec.unpack_function(packed[at + count * 8 :])[0], coroutine)
        far = Clock(None, tasks, 0)._times(Cron("0 0 1 1 *"), datetime.datetime(2026, 6, 1, tzinfo=UTC))
        self.assertEqual(len(far), 2)
