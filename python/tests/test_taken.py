"""What the front is told so that it can keep back what a worker could not begin."""

import asyncio
import os
import tempfile
import time
import unittest
from unittest import mock

from tests.cases import AsgiCase, WsgiCase
from tests.fake_front import Front
from tests.fake_link import DEADLINE, wire


def next_taken(front):
    """The stream, microseconds and requests of the next TAKEN, and the threads that are held."""
    frame = front.data[0].frames.get(timeout=DEADLINE)
    assert frame is not None and frame.kind == wire.TAKEN, frame
    return (frame.stream,) + wire.unpack_taken(frame.payload)


def wait_taken(front, stream):
    """
    Waits until TAKEN names the stream; returns its requests. Before that there may be reports of what requests
    cost, for the stream 0: they come when two milliseconds are full, and on a busy machine a quick request does that.
    """
    while True:
        taken, _, requests, _ = next_taken(front)
        if taken == stream:
            return requests
        assert taken == 0, taken


class AsgiTakenTests(AsgiCase):
    def setUp(self):
        frames = self.front.data[0].frames
        while not frames.empty():
            frames.get()

    def test_requests_that_wait_are_known_to_be_taken(self):
        self.front.get("/make_gate", query="taken")
        waiting = [self.front.open("GET", "/wait_at_gate", query="taken", send=False) for _ in range(3)]
        self.front.data[0].send(b"".join(exchange.frame for exchange in waiting))
        self.assertGreater(wait_taken(self.front, waiting[-1].id), 0)
        self.front.get("/open_gate", query="taken")
        for exchange in waiting:
            self.assertEqual(exchange.response().status, 200)

    def test_request_that_was_cancelled_with_its_arrival_is_known_to_be_taken(self):
        self.front.get("/make_gate", query="never")
        left = self.front.open("GET", "/wait_at_gate", query="never", send=False)
        self.front.data[0].send(left.frame + wire.pack_cancel(left.id, 0, wire.CANCEL_CLIENT_LEFT))
        self.assertGreater(wait_taken(self.front, left.id), 0)
        # So that the worker's end does not wait for it.
        self.front.get("/open_gate", query="never")

    def test_quick_requests_are_reported_now_and_then(self):
        told = 0
        for _ in range(100):
            batch = [self.front.open("GET", "/events", send=False) for _ in range(10)]
            self.front.data[0].send(b"".join(exchange.frame for exchange in batch))
            for exchange in batch:
                exchange.response()
            while not self.front.data[0].frames.empty():
                stream, _, requests, _ = next_taken(self.front)
                self.assertEqual(stream, 0)
                told += requests
        self.assertGreater(told, 900)


class WsgiTakenTests(WsgiCase):
    def test_request_that_blocks_is_reported_with_its_time(self):
        with tempfile.TemporaryDirectory() as directory:
            flag = os.path.join(directory, "flag")
            exchange = self.front.open("GET", "/blocks", query=flag)
            self.front.wait_begun(flag)
            begun = time.monotonic()
            while time.monotonic() < begun + 0.05:
                self.front.ping()
            with open(flag, "w"):
                pass
            exchange.response()
        while True:
            stream, microseconds, _, _ = next_taken(self.front)
            self.assertEqual(stream, 0)
            if microseconds >= 50_000:
                break

    def test_thread_that_is_kept_behind_its_response_is_told(self):
        for threads in (1, 3):
            with self.subTest(threads), tempfile.TemporaryDirectory() as directory:
                with Front("wsgi_cases:app", threads=threads) as front:
                    front.ready()
                    flag = os.path.join(directory, "flag")
                    self.assertEqual(front.get("/closes_late", query=flag).body, b"complete")
                    while next_taken(front)[3] != 1:
                        pass
                    if threads > 1:
                        self.assertEqual(front.get("/single").body, b"one piece")
                    with open(flag, "w"):
                        pass
                    while next_taken(front)[3] != 0:
                        pass
                    front.stop()

    def test_cancelled_request_is_reset_when_its_thread_is_through(self):
        exchange = self.front.open("GET", "/endless")
        exchange.expect(wire.RESPONSE)
        exchange.cancel()
        while True:
            frame = exchange.next()
            if frame.kind == wire.RESET:
                break
        self.assertEqual(wire.unpack_reset(frame.payload)[0], wire.RESET_CANCELLED)

    def test_cancelled_request_that_no_thread_had_taken_is_reset(self):
        with Front("wsgi_cases:app") as front, tempfile.TemporaryDirectory() as directory:
            front.ready()
            flag = os.path.join(directory, "flag")
            runs = front.open("GET", "/blocks", query=flag, send=False)
            # Its body is still coming: it is not given back.
            waits = front.open("POST", "/events", end=False, send=False)
            front.data[0].send(runs.frame + waits.frame)
            front.wait_begun(flag)
            waits.cancel()
            with open(flag, "w"):
                pass
            runs.response()
            reset = waits.response()
            self.assertEqual(reset.reset, (wire.RESET_CANCELLED, ""))
            self.assertEqual(reset.status, 0)
            front.stop()

    def test_requests_behind_one_that_blocks_are_given_back(self):
        for threads in (1, 2):
            with self.subTest(threads), tempfile.TemporaryDirectory() as directory:
                with Front("wsgi_cases:app", threads=threads) as front:
                    front.ready()
                    flag = os.path.join(directory, "flag")
                    blocks = [front.open("GET", "/blocks", query=flag) for _ in range(threads)]
                    front.wait_begun(flag, threads)
                    late = [front.open("GET", "/notes", query="late %d" % number) for number in range(3)]
                    for exchange in late:
                        self.assertEqual(exchange.response().reset[0], wire.RESET_NOT_STARTED)
                    with open(flag, "w"):
                        pass
                    for exchange in blocks:
                        self.assertEqual(exchange.response().body, b"unblocked")
                    self.assertEqual(front.get("/events").body, b"[]")
                    front.stop()


class MeterTests(unittest.TestCase):
    def test_later_steps_count_with_their_processor_time(self):
        from hydra_worker.eventloop.meter import LoopMeter

        meter = LoopMeter()
        unfinished = {"a request": None}
        meter.add(unfinished)
        meter.begin()
        meter.requests += 1
        meter.end()
        busy, requests = meter.take()
        self.assertEqual(requests, 1)
        for _ in range(200):
            sum(range(10_000))
        unfinished.clear()
        meter.begin()
        self.assertTrue(meter.end())
        self.assertGreater(meter.take()[0], busy)

    def test_what_runs_while_no_request_does_is_none_of_theirs(self):
        from hydra_worker.eventloop import meter as meters

        meter = meters.LoopMeter()
        meter.add({})
        with mock.patch.object(meters, "_thread_time") as thread_time:
            meter.begin()
            meter.end()
            meter.begin()
        thread_time.assert_not_called()

    def test_loop_that_only_waits_is_not_busy(self):
        from hydra_worker.eventloop.meter import LoopMeter

        meter = LoopMeter()
        meter.add({"a request": None})
        meter.begin()
        meter.end()
        asyncio.run(asyncio.sleep(0.2))
        meter.begin()
        meter.end()
        self.assertLess(meter.take()[0], 200_000)


if __name__ == "__main__":
    unittest.main()
