"""Sessions and responses that go on in other workers: what the worker says and hears. The front's side are ResumableExchangeTests."""

import asyncio
import json
import types

from hydra_worker.eventloop.lane import Lane
from tests.cases import WorkerCase
from tests.fake_link import wire

SESSION = wire.FLAG_SESSION
TEXT = wire.FLAG_TEXT
MORE = wire.FLAG_MORE
RESUME = wire.FLAG_RESUME
# stream, flags, sent, reason, subprotocol, state: a frame whose payload is the body of a REQUEST
PAYLOAD = wire.pack_resume(0, 0, 3, wire.RESUME_RELOAD, b"chat", b"\0state")[wire.HEADER_SIZE :]


class ResumeTests(WorkerCase):
    app = "resuming:app"

    def open(self, path="/", state=None):
        if state is None:
            exchange = self.front.open("GET", path, flags=SESSION)
        else:
            payload = wire.pack_resume(0, 0, 0, wire.RESUME_CRASH, b"", state)[wire.HEADER_SIZE :]
            exchange = self.front.open("GET", path, flags=SESSION | RESUME, body=payload)
        return exchange

    def accepted(self, path="/", state=None):
        exchange = self.open(path, state)
        self.assertEqual(exchange.expect(wire.ACCEPT).flags, RESUME)
        if state is not None:
            exchange.expect(wire.DATA)
        return exchange

    def send(self, exchange, *texts):
        for text in texts:
            self.front.data[0].send(wire.pack_data(exchange.id, TEXT, text.encode()))

    def leave(self, exchange, kept=0):
        self.front.data[0].send(wire.pack_leave(exchange.id, 0, kept))

    def saved(self, exchange, status=wire.STATUS_DONE):
        received, sequence, state = wire.unpack_save(exchange.expect(wire.SAVE).payload)
        self.front.data[0].send(wire.pack_subscribed(exchange.id, 0, sequence, status))
        return received, state

    def data(self, exchange):
        return exchange.expect(wire.DATA).payload.decode()

    def wait_reset(self, exchange):
        self.assertEqual(wire.unpack_reset(exchange.expect(wire.RESET).payload)[0], wire.RESET_CANCELLED)

    def test_scope_says_from_where_to_go_on_in_what_json_has(self):
        exchange = self.front.open("GET", "/", flags=SESSION | RESUME, body=PAYLOAD)
        exchange.expect(wire.ACCEPT)
        text = self.data(exchange)
        found, end = json.JSONDecoder().raw_decode(text)
        self.assertEqual(found, {"state": "AHN0YXRl", "reason": "reload", "sent": 3, "subprotocol": "chat"})
        self.assertEqual(text[end:], repr((b"\0state", "reload", 3, "chat")))

    def test_save_says_how_much_was_received(self):
        exchange = self.accepted()
        for number, text in enumerate(("one", "two", "three"), 1):
            self.send(exchange, text)
            self.assertEqual(self.saved(exchange), (number, text.encode()))
            self.assertEqual(self.data(exchange), text)

    def test_what_comes_of_it_is_raised(self):
        exchange = self.accepted()
        for status, name in (
            (wire.STATUS_FULL, "StateFull"), (wire.STATUS_OFF, "StateUnavailable"), (wire.STATUS_REFUSED, "ValueError"),
            (wire.STATUS_MISSING, "ClientGone"), (wire.STATUS_TOO_LARGE, "ValueTooLarge"), (wire.STATUS_INVALID, "StateError"),
        ):  # fmt: skip
            self.send(exchange, "state")
            self.saved(exchange, status)
            self.assertEqual(self.data(exchange), name)

    def test_what_is_no_scope_of_asgi_is_refused(self):
        exchange = self.accepted()
        self.send(exchange, "no scope")
        self.assertEqual(self.data(exchange), "ValueError")

    def test_leaving_gives_a_disconnect_and_what_comes_behind_it_to_nobody(self):
        exchange = self.accepted("/last")
        self.send(exchange, "one")
        received, sequence, state = wire.unpack_save(exchange.expect(wire.SAVE).payload)
        self.assertEqual((received, state), (1, b"one"))
        self.send(exchange, "two", "three")
        self.leave(exchange)
        # The first is being dealt with, and is answered.
        self.front.data[0].send(wire.pack_subscribed(exchange.id, 0, sequence, wire.STATUS_DONE))
        self.assertEqual(self.data(exchange), "one")
        self.assertEqual(self.saved(exchange), (1, b"last"))
        self.wait_reset(exchange)

    def test_leaving_leaves_what_no_other_worker_is_given(self):
        exchange = self.accepted()
        self.send(exchange, "one", "two", "three")
        self.leave(exchange, kept=2)
        self.assertEqual(self.saved(exchange), (1, b"one"))
        self.assertEqual(self.data(exchange), "one")
        self.assertEqual(self.saved(exchange), (2, b"two"))
        self.assertEqual(self.data(exchange), "two")
        self.wait_reset(exchange)

    def test_nothing_is_sent_once_the_application_was_told(self):
        exchange = self.accepted("/late")
        self.leave(exchange)
        self.assertEqual(self.saved(exchange), (0, b"refused"))
        self.wait_reset(exchange)

    def test_application_that_only_sends_goes_on_until_it_is_cut_off(self):
        exchange = self.accepted()
        self.send(exchange, "push")
        self.assertEqual(self.data(exchange), "pushed")
        self.saved(exchange)
        self.leave(exchange)
        for _ in range(3):
            self.assertEqual(self.data(exchange), "pushed")
            self.saved(exchange)
        self.front.data[0].send(wire.pack_close(exchange.id, 0, 1012, b""))
        self.skip_to_reset(exchange)

    def skip_to_reset(self, exchange):
        frame = exchange.next()
        while frame.kind != wire.RESET:
            frame = exchange.next()
        self.assertEqual(wire.unpack_reset(frame.payload)[0], wire.RESET_CANCELLED)

    def test_end_of_its_own_while_leaving_is_the_end(self):
        for text, code in (("end", 1000), ("fail", 1011)):
            exchange = self.accepted()
            self.send(exchange, text)
            self.leave(exchange, kept=1)
            self.assertEqual(wire.unpack_close(exchange.expect(wire.CLOSE).payload), (code, b""))
        self.front.wait_log(lambda record: "failed by itself" in record.message)

    def test_close_before_accept_of_one_that_goes_on_has_its_code(self):
        exchange = self.open(state=b"deny")
        self.assertEqual(wire.unpack_close(exchange.expect(wire.CLOSE).payload), (4001, b"no"))

    def test_response_is_saved_behind_its_head_and_goes_on(self):
        exchange = self.front.open("GET", "/")
        self.assertEqual(exchange.expect(wire.RESPONSE).flags, 0)
        self.assertEqual(self.saved(exchange), (0, b"began"))
        self.assertEqual(exchange.expect(wire.BODY).payload, b"new")
        self.leave(exchange)
        self.assertEqual(self.saved(exchange), (0, b"told"))
        self.wait_reset(exchange)
        again = self.front.open("GET", "/", flags=RESUME, body=PAYLOAD)
        response = wire.unpack_response(again.expect(wire.RESPONSE).payload)
        self.assertEqual((response[0], response[2]), (200, b"\0state"))

    def test_parts_of_what_is_given_at_once_say_so(self):
        exchange = self.front.open("GET", "/large")
        exchange.expect(wire.RESPONSE)
        self.saved(exchange)
        self.assertEqual(exchange.expect(wire.BODY).flags, 0)
        self.front.data[0].send(wire.pack_window(exchange.id, 0, 200_000))
        total, flags = 0, []
        while total < 100_000:
            frame = exchange.expect(wire.BODY)
            total += len(frame.payload)
            flags.append(frame.flags)
        self.assertEqual(flags, [MORE] * (len(flags) - 1) + [0])
        self.assertGreater(len(flags), 1)


def test_sessions_that_end_with_their_worker_are_closed_one_after_the_other():
    """Not in one moment: their clients come again."""

    async def run():
        ended = []
        waits = []

        # No clock: on a slow machine the time is over before the sessions are.
        async def wait_finished(seconds):
            waits.append(len(ended))
            return not running

        running = [None]
        lane = types.SimpleNamespace(_wait_finished=wait_finished)
        streams = {n: types.SimpleNamespace(end_session=lambda n=n: ended.append(n)) for n in range(1000)}
        lane.links = [types.SimpleNamespace(streams=streams)]
        assert not await Lane._close_sessions(lane, 0.5)
        assert sorted(ended) == list(range(1000)) and ended != sorted(ended)
        # A fiftieth at a time.
        assert waits == list(range(20, 1001, 20))

        running.clear()
        assert await Lane._close_sessions(lane, 0.5)

    asyncio.run(run())
