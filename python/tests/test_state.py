"""What `hydra_server.state` says to the server, and makes of its answers; the server here is a thread with a table."""

import asyncio
import datetime
import fractions
import os
import socket
import sys
import threading
import time
import types

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "package"))

from hydra_server import _state_codec, _state_link, state  # noqa: E402
from hydra_worker import wire  # noqa: E402


class Front:
    """Answers calls: GET and SET by a table, in the order of coming, unless it is told to wait."""

    def __init__(self):
        self.table = {}
        self.calls = []
        self.links = 0
        self.hold = threading.Event()
        self.hold.set()

    def connect(self, make):
        ours, theirs = socket.socketpair()
        self.links += 1
        threading.Thread(target=self._serve, args=(theirs,), daemon=True).start()
        return ours

    def _serve(self, sock):
        data, parts = b"", []
        while True:
            received = sock.recv(65536)
            if not received:
                return
            data += received
            while len(data) >= 16:
                length, kind, _, _, _ = wire.HEADER.unpack_from(data)
                if len(data) < 16 + length:
                    break
                payload, data = data[16 : 16 + length], data[16 + length :]
                if kind == wire.STATE_PART:
                    parts.append(wire.unpack_state_part(payload)[1])
                    continue
                call = wire.unpack_state_call(payload)
                value = b"".join((*parts, call[8]))
                parts = []
                self.calls.append((call[5], call[6], call[0], call[7], value))
                self.hold.wait(30)
                try:
                    sock.sendall(self._answer(call, value))
                except OSError:
                    pass  # whoever has asked has gone

    def _answer(self, call, value):
        number, other, milliseconds, sequence, wait, operation, options, key, _ = call
        if operation == wire.STATE_SET:
            self.table[key] = (number, 1, b"") if options & wire.WITH_NUMBER else (0, 0, value)
            return wire.pack_state_reply(0, 0, 0, 1, sequence, wire.STATUS_DONE, 0, b"")
        if operation == wire.STATE_GET and key in self.table:
            number, is_number, found = self.table[key]
            frames = [
                wire.pack_state_part(0, 0, sequence, found[at : at + wire.MAX_STATE_PART])
                for at in range(0, len(found) - len(found) % wire.MAX_STATE_PART, wire.MAX_STATE_PART)
            ]
            rest = found[len(found) - len(found) % wire.MAX_STATE_PART :]
            frames.append(wire.pack_state_reply(0, 0, number, 1, sequence, wire.STATUS_DONE, is_number, rest))
            return b"".join(frames)
        if operation == wire.STATE_ACQUIRE:
            return wire.pack_state_reply(0, 0, 7, 0, sequence, wire.STATUS_DONE, 0, b"")
        return wire.pack_state_reply(0, 0, 0, 0, sequence, wire.STATUS_MISSING, 0, b"")


@pytest.fixture
def front(monkeypatch):
    front = Front()
    side = types.SimpleNamespace(wire=wire, is_there=lambda: True, connect=front.connect)
    monkeypatch.setitem(sys.modules, "_hydra.hydra_worker.stateful", side)
    monkeypatch.setattr(state, "links", _state_link.Links())
    return front


VALUES = [b"", b"\0", "", "é", "\udc80", 0, -1, 1 << 63, -(1 << 63), (1 << 63) - 1, True, None, 1.5, (1, [2]), {"a": b"b"}, b"x" * 400_000]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_values_come_back_as_they_went(front, value):
    state.set("k", value)
    back = state.get("k")
    assert back == value and type(back) is type(value)


def test_awaited_values_come_back_and_leave_together(front):
    async def run():
        await asyncio.gather(*[state.aset("k%d" % i, VALUES[i]) for i in range(len(VALUES))])
        return await asyncio.gather(*[state.aget("k%d" % i) for i in range(len(VALUES))])

    assert asyncio.run(run()) == VALUES
    assert front.links == 1


def test_each_loop_has_a_link_of_its_own_that_goes_with_it(front):
    for _ in range(3):
        asyncio.run(state.aset("k", 1))
    assert front.links == 3
    assert len(state.links._lines) == 1


def test_threads_take_turns_at_the_links(front):
    for _ in range(5):
        state.set("k", 1)
    assert front.links == 1
    front.hold.clear()
    threads = [threading.Thread(target=state.get, args=("k",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(front.calls) < 5 + 4:
        time.sleep(0.001)
    front.hold.set()
    for thread in threads:
        thread.join()
    assert front.links == 4


def test_what_is_broken_off_leaves_no_answer_for_others(front, monkeypatch):
    """An exception in the middle of a call, such as that of a time limit: the link is not used again, and the server hears of it."""
    state.set("k", 1)
    line = state.links._idle[0]
    monkeypatch.setattr(line, "_receive", lambda: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        state.lock("l").acquire()
    assert state.get("k") == 1

    # One more than the two that were used: what a process holds is free when it has no link any more.
    assert front.links == 3 and state.links._anchor is not None
    while not any(call[0] == wire.STATE_ABANDON for call in front.calls):
        time.sleep(0.001)


def test_task_that_is_cancelled_gives_up_its_place(front):
    front.hold.clear()

    async def run():
        task = asyncio.ensure_future(state.lock("l").aacquire())
        while not front.calls:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        front.hold.set()
        await state.aget("k")

    asyncio.run(run())
    assert [call[0] for call in front.calls] == [wire.STATE_ACQUIRE, wire.STATE_ABANDON, wire.STATE_GET]
    assert front.calls[1][2] == 1


def test_server_that_has_gone_is_an_error_for_all_who_wait(front, monkeypatch):
    async def run():
        await state.aset("k", 1)
        line = next(iter(state.links._lines.values()))[1]
        front.hold.clear()
        waiting = [asyncio.ensure_future(state.aget("k")) for _ in range(3)]
        await asyncio.sleep(0)
        line._sock.shutdown(socket.SHUT_RD)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        front.hold.set()
        return results

    assert [type(result) for result in asyncio.run(run())] == [state.StateLost] * 3


def test_outside_of_a_worker_it_says_so(monkeypatch):
    monkeypatch.delitem(sys.modules, "_hydra.hydra_worker.stateful", raising=False)
    monkeypatch.setattr(state, "links", _state_link.Links())
    assert not state.is_available()
    with pytest.raises(state.StateUnavailable, match="workers of Hydra"):
        state.get("k")
    with pytest.raises(state.StateUnavailable):
        asyncio.run(state.aget("k"))


def test_replies_are_taken_apart_wherever_they_are_cut(front):
    front.table[b"k"] = (0, 0, _state_codec.encode(b"y" * 300_000)[2])
    frames = front._answer((0, 0, 0, 5, 0, wire.STATE_GET, 0, b"k", b""), b"") + wire.pack_state_reply(0, 0, 3, 0, 6, 0, 1, b"")
    for step in (1, 7, 1000, 131_073, len(frames)):
        taker = _state_link._Frames(wire)
        replies = []
        for at in range(0, len(frames), step):
            replies += taker.take(frames[at : at + step])
        assert [(sequence, len(reply[4])) for sequence, reply in replies] == [(5, 300_001), (6, 0)]


def test_django_outside_of_a_worker_is_a_cache_in_the_process(monkeypatch):
    pytest.importorskip("django")
    monkeypatch.delitem(sys.modules, "_hydra.hydra_worker.stateful", raising=False)
    from django.core.cache.backends.locmem import LocMemCache

    from hydra_server.django import HydraCache

    cache = HydraCache("", {"OPTIONS": {"outside": "local"}})
    assert isinstance(cache, LocMemCache)
    assert isinstance(HydraCache("", {"OPTIONS": {"outside": "error"}}), HydraCache)
    with pytest.raises(ValueError, match="outside"):
        HydraCache("", {"OPTIONS": {"outside": "x"}})


def test_every_call_has_an_awaitable_twin():
    waits = {"get", "get_many", "set", "set_many", "add", "replace", "gets", "cas", "delete", "delete_many", "touch", "time_left", "has_key", "get_or_set", "clear", "count", "incr", "decr", "rate", "window", "reset"}  # fmt: skip # noqa: E501
    assert all(asyncio.iscoroutinefunction(getattr(state, "a" + name)) for name in waits)
    assert all(callable(getattr(state, name)) for name in waits | {"lock", "semaphore"})


@pytest.mark.parametrize("time", [2, 2.0, datetime.timedelta(seconds=2), fractions.Fraction(2)], ids=repr)
def test_times_are_numbers_of_seconds_or_timedeltas(front, time):
    calls = [state._default._set("k", "v", time, 0), state._default._touch("k", time), state.lock("l", lease=time)._acquire(time, True), state._default._hit(11, "r", 1, time, 1)]
    assert [call[4] for call in calls] == [2000] * 4
    assert calls[2][5] == 2000


def test_times_and_numbers_that_are_none_are_errors_that_say_so(front):
    for attempt in (
        lambda: state.set("k", "v", "60"),
        lambda: state.add("k", "v", [60]),
        lambda: state.touch("k", b"60"),
        lambda: state.lock("l", lease="60"),
        lambda: state.lock("l").acquire("60"),
        lambda: state.rate("r", 1, "60"),
    ):
        with pytest.raises(TypeError, match="number of seconds, a timedelta, or None for ever, and not"):
            attempt()
    with pytest.raises(ValueError, match="number of seconds"):
        state.set("k", "v", float("nan"))
    for attempt in (lambda: state.incr("k", 1.5), lambda: state.rate("r", 1.5), lambda: state.semaphore("s", 1.5)):
        with pytest.raises(TypeError, match="integer"):
            attempt()
    assert front.calls == []
