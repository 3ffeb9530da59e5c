"""What leaves when: heads without bodies, responses whose applications go on, what is for nobody any more."""

import os
import tempfile
import unittest

from tests.cases import HAS_UVLOOP, AsgiCase
from tests.fake_front import Front
from tests.fake_link import Closed, Exchange, wire
from hydra_worker.eventloop.exchange import is_disconnect
from hydra_worker.errors import ClientDisconnected


class LeavesTests(AsgiCase):
    def test_head_leaves_when_its_body_does_not_come(self):
        for query in ("", "later"):
            with self.subTest(query):
                exchange = self.front.open("GET", "/head_alone", query=query)
                exchange.expect(wire.RESPONSE)
                self.front.get("/open_head")
                response = exchange.response()
                self.assertEqual((response.body, response.reset), (b"at last", None))

    def test_complete_response_leaves_while_its_application_goes_on(self):
        for name in ("flag", "flag.later"):
            with self.subTest(name), tempfile.TemporaryDirectory() as directory:
                flag = os.path.join(directory, name)
                self.assertEqual(self.front.get("/complete_and_blocks", query=flag).body, b"complete")
                with open(flag, "w"):
                    pass
                # Answered when the loop is free again: the application has seen the file.
                self.events()

    def test_what_is_longer_than_promised_is_cut(self):
        since = self.event_count()
        response = self.front.get("/longer_than_promised")
        self.assertEqual((response.body, response.reset), (b"fourfo", None))
        self.front.wait_log(
            lambda record: record.level == wire.LOG_WARNING and "longer than its Content-Length" in record.message
        )
        self.wait_event(since, "sent all")

    def test_response_that_ends_by_itself_is_swallowed_when_its_client_has_left(self):
        for query in ("", "pieces"):
            with self.subTest(query):
                since = self.event_count()
                exchange = self.front.open("GET", "/ends_after_disconnect", query=query)
                self.wait_event(since, "waits")
                exchange.cancel()
                self.wait_event(since, "background task")
                self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)

    def test_response_behind_a_stream_whose_client_has_left_is_no_error(self):
        since = self.event_count()
        exchange = self.front.open("GET", "/answers_behind_its_stream")
        exchange.expect(wire.RESPONSE)
        exchange.finish()
        self.assertEqual(exchange.response(again=True).reset[0], wire.RESET_CANCELLED)
        self.wait_event(since, "OSError")
        self.assertEqual([r.message for r in self.front.logs if "sent twice" in r.message], [])

    def test_receive_that_is_polled_leaves_nothing_behind(self):
        self.assertEqual(self.front.get("/polls").body, b"0")

    def test_child_that_exits_does_not_answer_for_its_parent(self):
        self.assertEqual(self.front.get("/forks_and_exits").body, b"5")
        self.assertEqual(self.front.get("/forks_and_exits", query="return").body, b"0")

    def test_system_exit_in_a_task_says_nothing_of_the_requests_beside_it(self):
        with Front("asgi_cases:app", **self.boot) as front:
            front.ready()
            beside = front.open("GET", "/head_alone")
            beside.expect(wire.RESPONSE)
            front.open("GET", "/exits_from_a_task")
            self.assertEqual(front.wait_exit(), 7)
            with self.assertRaises(Closed):
                beside.next()


@unittest.skipUnless(HAS_UVLOOP, "needs uvloop")
class UvloopLeavesTests(LeavesTests):
    boot = {"loop": "uvloop"}


class PatienceTests(AsgiCase):
    boot = {"loop": "asyncio", "disconnect_milliseconds": 50}

    def test_request_whose_client_has_left_is_cancelled_after_its_time(self):
        for query, leave, event in (
            ("", Exchange.cancel, "cancelled"),
            ("stream", Exchange.cancel, "cancelled"),
            ("stream", Exchange.finish, "cancelled"),
            # What it does when its response is complete is not for the client.
            ("swallowed", Exchange.cancel, "background task"),
        ):
            with self.subTest(query=query, leave=leave.__name__):
                since = self.event_count()
                exchange = self.front.open("GET", "/awaits_whoever_leaves", query=query)
                self.wait_event(since, "waits")
                leave(exchange)
                self.wait_event(since, event)
                self.assertEqual(exchange.response().reset[0], wire.RESET_CANCELLED)
        self.assertEqual([r.message for r in self.front.logs if "Traceback" in r.message], [])


class Group(Exception):
    """As ExceptionGroup, which Python has from 3.11 on."""

    def __init__(self, *exceptions):
        super().__init__("unhandled errors in a TaskGroup")
        self.exceptions = exceptions


class DisconnectTests(unittest.TestCase):
    def test_group_of_nothing_but_disconnects_is_one(self):
        self.assertTrue(is_disconnect(Group(ClientDisconnected(), Group(ClientDisconnected()))))

    def test_group_with_another_error_is_none(self):
        self.assertFalse(is_disconnect(Group(ClientDisconnected(), ValueError())))


if __name__ == "__main__":
    unittest.main()
