"""`--busy-poll`: who looks for the next request before it sleeps, for how long, and when not."""

import socket
import unittest
from unittest import mock

from tests.cases import AsgiCase
from tests.fake_front import Front

from hydra_worker.eventloop import busypoll
from hydra_worker.eventloop.busypoll import BusyPoll
from hydra_worker.wsgi import poll
from hydra_worker.wsgi.poll import Poller


class FakeLoop:
    def __init__(self):
        self.calls = []

    def call_soon(self, function):
        self.calls.append(function)

    def turn(self):
        calls, self.calls = self.calls, []
        for call in calls:
            call()


class FakeMeter:
    requests = 0


class FakeLink:
    def __init__(self):
        self._meter = FakeMeter()
        self.streams = {}
        self.brings = 1
        self._on_readable = self._read

    def _read(self):
        self._meter.requests += self.brings


class BusyPollTests(unittest.TestCase):
    def setUp(self):
        self.now = 100.0
        patch = mock.patch.object(busypoll, "monotonic", lambda: self.now)
        patch.start()
        self.addCleanup(patch.stop)
        self.loop = FakeLoop()
        self.link = FakeLink()
        BusyPoll(self.loop, 0.5).attach(self.link)

    def test_loop_turns_until_the_time_is_over(self):
        self.link._on_readable()
        for _ in range(3):
            self.loop.turn()
        self.assertEqual(len(self.loop.calls), 1)
        self.now += 0.5
        self.loop.turn()
        self.assertEqual(self.loop.calls, [])

    def test_each_request_begins_the_time_anew(self):
        self.link._on_readable()
        self.now += 0.4
        self.link._on_readable()
        self.assertEqual(len(self.loop.calls), 1)
        self.now += 0.4
        self.loop.turn()
        self.assertEqual(len(self.loop.calls), 1)

    def test_loop_sleeps_where_requests_are_many(self):
        self.link.brings = busypoll.FEW + 1
        self.link._on_readable()
        self.assertEqual(self.loop.calls, [])

    def test_loop_sleeps_while_many_are_in_flight(self):
        self.link.streams.update(dict.fromkeys(range(busypoll.FEW + 1)))
        self.link._on_readable()
        self.assertEqual(self.loop.calls, [])

    def test_link_of_a_transport_is_left_alone(self):
        BusyPoll(self.loop, 0.5).attach(object())


class PollerTests(unittest.TestCase):
    def setUp(self):
        self.one, self.other = socket.socketpair()
        self.looks = []

    def tearDown(self):
        self.one.close()
        self.other.close()

    def poller(self, seconds, found_at):
        """One that finds something at its look of that number."""
        made = Poller(self.one, seconds)

        def look(wait):
            self.looks.append(wait)
            return [self.one.fileno()] if len(self.looks) == found_at else []

        made._look = look
        return made

    def test_it_looks_before_it_sleeps(self):
        with mock.patch.object(poll, "monotonic", side_effect=[0.0, 0.1, 0.2, 0.6]):
            self.poller(0.5, 3).poll(wait=True, busily=True)
        self.assertEqual(self.looks, [False, False, True])

    def test_what_it_finds_ends_its_looks(self):
        self.poller(3600.0, 2).poll(wait=True, busily=True)
        self.assertEqual(self.looks, [False, False])

    def test_it_sleeps_at_once_where_it_is_not_asked_for(self):
        for seconds, busily in ((0.0, True), (0.5, False)):
            del self.looks[:]
            self.poller(seconds, 1).poll(wait=True, busily=busily)
            self.assertEqual(self.looks, [True])


class AsgiServingTests(AsgiCase):
    boot = {"busy_poll_microseconds": 1000}

    def test_requests_are_answered(self):
        for _ in range(20):
            self.assertEqual(self.front.get("/make_gate", query="busy").status, 200)


class WsgiServingTests(unittest.TestCase):
    def test_requests_are_answered(self):
        for threads in (1, 3, 0):
            with self.subTest(threads), Front("hello:wsgi", threads=threads, busy_poll_microseconds=1000) as front:
                front.ready()
                for _ in range(20):
                    self.assertEqual(front.get().body, b"hello")
                front.stop()


if __name__ == "__main__":
    unittest.main()
