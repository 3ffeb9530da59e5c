"""What `hydra_server.pubsub` says to the server, and makes of its answers; the server here is a list of answers."""

import asyncio
import json
import os
import struct
import sys
import types

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "package"))

from hydra_server import _listen, _pubsub_codec, pubsub  # noqa: E402
from hydra_worker import wire  # noqa: E402

DONE = (wire.STATUS_DONE, 0, 0, False, b"")


def message(kind, topic, data):
    return struct.pack("<BHI", kind, len(topic), len(data)) + topic + data


def taken(*messages, dropped=0):
    return wire.STATUS_DONE, len(messages), dropped, False, b"".join(message(*each) for each in messages)


class Links:
    """Notes calls, and answers them in turn."""

    def __init__(self):
        self.calls = []
        self.answers = []

    def hold_on(self):
        pass

    def call(self, call):
        self.calls.append(call)
        return self.answers.pop(0) if self.answers else DONE

    async def acall(self, call):
        answer = self.call(call)
        return await answer if asyncio.iscoroutine(answer) or asyncio.isfuture(answer) else answer


@pytest.fixture
def links(monkeypatch):
    links = Links()
    monkeypatch.setattr(pubsub, "links", links)
    monkeypatch.setattr(_listen, "links", links)
    return links


def test_publish_says_whether_it_is_text_and_how_many_got_it(links):
    links.answers = [(wire.STATUS_DONE, 3, 0, True, b""), (wire.STATUS_DONE, 0, 0, True, b"")]
    assert (pubsub.publish("é", "ü"), asyncio.run(pubsub.apublish("t", b"\0"))) == (3, 0)
    assert [(call[0], call[1], call[6], call[7]) for call in links.calls] == [
        (wire.STATE_PUBLISH, wire.WITH_TEXT, "é".encode(), "ü".encode()),
        (wire.STATE_PUBLISH, 0, b"t", b"\0"),
    ]


@pytest.mark.parametrize(
    "status, error",
    [
        (wire.STATUS_FULL, pubsub.StateFull),
        (wire.STATUS_TOO_LARGE, pubsub.ValueTooLarge),
        (wire.STATUS_OFF, pubsub.StateUnavailable),
        (wire.STATUS_INVALID, pubsub.StateError),
    ],
)
def test_what_the_server_refuses_is_an_error_of_its_own(links, status, error):
    links.answers = [(status, 0, 0, False, b"")]
    with pytest.raises(error):
        pubsub.publish("t", "x")


def test_names_arguments_and_data_that_make_no_sense_are_refused_before_anything_is_asked(links):
    for attempt, error in [
        (lambda: pubsub.publish("", "x"), ValueError),
        (lambda: pubsub.publish("t" * 1025, "x"), ValueError),
        (lambda: pubsub.publish(b"t", "x"), TypeError),
        (lambda: pubsub.publish("t", 5), TypeError),
        (lambda: pubsub.listen("t", queue=0), ValueError),
        (lambda: pubsub.listen("t", slow="wait"), ValueError),
        (lambda: asyncio.run(pubsub.subscribe({"hydra.connection": (0, 1)}, "t", info=1)), ValueError),
        (lambda: asyncio.run(pubsub.subscribe({"hydra.connection": (0, 1)}, "t", member="m", info="x" * 20000)), ValueError),
    ]:
        with pytest.raises(error):
            attempt()
    assert links.calls == []


def test_subscribe_outside_of_a_worker_says_so(monkeypatch):
    monkeypatch.delitem(sys.modules, "_hydra.hydra_worker.stateful", raising=False)
    with pytest.raises(pubsub.StateUnavailable, match="workers of Hydra"):
        asyncio.run(pubsub.subscribe({"type": "websocket"}, "t"))


class Exchange:
    def __init__(self, status):
        self.status = status
        self.calls = []
        self.link = types.SimpleNamespace(loop=None)

    async def subscribe(self, *call):
        self.calls.append(call)
        return self.status


def test_subscribe_finds_the_connection_of_a_copied_scope_by_its_numbers(monkeypatch):
    found = {}
    side = types.SimpleNamespace(is_there=lambda: True, is_exchange=lambda value: False, exchange_of=lambda link, number: found.get((link, number)))
    monkeypatch.setitem(sys.modules, "_hydra.hydra_worker.stateful", side)
    scope = json.loads(json.dumps({"type": "websocket", "hydra.connection": (1, 1 << 40)}))

    async def run(**options):
        for exchange in found.values():
            exchange.link.loop = asyncio.get_running_loop()
        await pubsub.subscribe(dict(scope), "t", **options)

    with pytest.raises(pubsub.ClientGone):
        asyncio.run(run())
    with pytest.raises(ValueError, match="no connection"):
        asyncio.run(pubsub.subscribe({"type": "http"}, "t"))
    exchange = found[1, 1 << 40] = Exchange(wire.STATUS_DONE)
    asyncio.run(run(queue=7, slow="close", member="m", info={"a": 1}, events=True))
    assert exchange.calls == [(wire.STATE_SUBSCRIBE, 7, wire.SLOW_CLOSE, wire.WITH_EVENTS, b"t", b"m", b'{"a":1}')]
    for status, error in [(wire.STATUS_MISSING, pubsub.ClientGone), (wire.STATUS_REFUSED, ValueError), (wire.STATUS_FULL, pubsub.StateFull)]:
        exchange.status = status
        with pytest.raises(error):
            asyncio.run(run())


def test_listening_takes_what_there_is_at_once_in_its_order(links):
    subscription = pubsub.listen("a", "b")
    links.answers = [
        DONE,
        DONE,
        taken((wire.TOPIC_TEXT, b"a", "é".encode()), (wire.TOPIC_BINARY, b"b", b"\0"), dropped=2),
        taken((wire.TOPIC_JOIN, b"a", b'{"member": "m", "info": [1]}')),
        (wire.STATUS_MISSING, 0, 0, False, b""),
    ]
    with subscription as messages:
        assert list(messages) == [pubsub.Message("a", "é"), pubsub.Message("b", b"\0"), pubsub.Message("a", None, "join", "m", [1])]
        assert messages.dropped == 2
    assert [call[0] for call in links.calls] == [wire.STATE_SUBSCRIBE] * 2 + [wire.STATE_TAKE] * 3
    assert [call[6] for call in links.calls[:2]] == [b"a", b"b"]


@pytest.mark.parametrize("is_awaited", [False, True])
def test_listening_that_could_not_begin_begins_anew(links, is_awaited):
    subscription = pubsub.listen("a", "b")

    def begin():
        return asyncio.run(subscription.aopen()) if is_awaited else subscription.open()

    links.answers = [DONE, (wire.STATUS_FULL, 0, 0, False, b"")]
    with pytest.raises(pubsub.StateFull):
        begin()
    begin()
    assert [call[0] for call in links.calls] == [wire.STATE_SUBSCRIBE] * 2 + [wire.STATE_UNSUBSCRIBE] + [wire.STATE_SUBSCRIBE] * 2
    assert len({call[2] for call in links.calls[:3]}) == 1


def test_listening_that_falls_behind_is_an_error_and_a_time_that_is_over_another(links):
    with pubsub.listen("t", slow="close") as messages:
        links.answers = [(wire.STATUS_REFUSED, 0, 0, False, b"")]
        with pytest.raises(pubsub.TooSlow):
            messages.get()
        links.answers = [(wire.STATUS_TIMED_OUT, 0, 0, False, b"")]
        with pytest.raises(TimeoutError):
            messages.get(timeout=0)
    with pytest.raises(pubsub.StateError, match="not open"):
        pubsub.listen("t").get()


def test_task_that_is_cancelled_while_it_listens_loses_nothing(links):
    async def run():
        late = asyncio.get_running_loop().create_future()
        async with pubsub.listen("t") as messages:
            links.answers = [late]
            first = asyncio.ensure_future(messages.aget())
            while len(links.calls) < 2:
                await asyncio.sleep(0)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            late.set_result(taken((wire.TOPIC_TEXT, b"t", b"x")))
            return await messages.aget()

    assert asyncio.run(run()) == pubsub.Message("t", "x")


def test_members_are_read(links):
    data = b"".join(struct.pack("<HII", len(name), len(info), count) + name + info for name, info, count in [(b"a", b"", 1), ("é".encode(), b'{"x":1}', 2)])
    links.answers = [(wire.STATUS_DONE, 3, 0, True, data)]
    assert pubsub.presence("t") == [pubsub.Member("a", None, 1), pubsub.Member("é", {"x": 1}, 2)]


def test_every_call_that_waits_has_an_awaitable_twin():
    assert all(asyncio.iscoroutinefunction(getattr(pubsub, "a" + name)) and callable(getattr(pubsub, name)) for name in ("publish", "presence", "count"))
    assert list(_pubsub_codec.read_messages(b"")) == []
