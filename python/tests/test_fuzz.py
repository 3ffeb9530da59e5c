"""
Mutated frames against both engines, in the process. Whatever comes, the link either goes on or fails with its
one error; nothing else is raised, nothing hangs, and what the worker sends stays well-formed. HYDRA_FUZZ_SEED
and HYDRA_FUZZ_ROUNDS choose another run.
"""

import asyncio
import logging
import os
import random
import socket
import threading
import unittest

from tests.fake_front import CONNECTION, DEADLINE, header_block
from hydra_worker import wire
from hydra_worker.asgi.scope import ScopeBuilder
from hydra_worker.asgi.stream import HttpStream
from hydra_worker.eventloop.link import DataLink as LoopLink, Serving
from hydra_worker.eventloop.meter import LoopMeter
from hydra_worker.wsgi.environ import EnvironBuilder
from hydra_worker.wsgi.hub import Hub
from hydra_worker.wsgi.link import DataLink as WsgiLink
from hydra_worker.wsgi.response import WsgiResponse

SEED = int(os.environ.get("HYDRA_FUZZ_SEED", "20240917"))
ROUNDS = int(os.environ.get("HYDRA_FUZZ_ROUNDS", "400"))
WINDOW = 100_000


def sequence(random):
    """A plausible conversation: requests with what may follow them, in any order and for any stream."""
    frames = []
    for _ in range(random.randrange(1, 12)):
        stream = random.randrange(1, 6)
        kind = random.randrange(6)
        if kind < 3:
            frames.append(
                wire.pack_request(
                    stream,
                    random.choice((0, 1, 1, 2)),
                    random.randrange(1000),
                    random.choice((b"GET", b"POST", b"HEAD", b"")),
                    random.choice((b"/echo", b"/stream", b"/raise", b"/none", b"/%ff%zz", b"")),
                    b"q=1",
                    CONNECTION,
                    header_block([(b"host", b"x"), (b"content-length", b"%d" % random.randrange(9))]),
                    random.choice((b"", b"body" * random.randrange(50))),
                )
            )
        elif kind == 3:
            frames.append(
                wire.pack_body(stream, random.randrange(2), b"b" * random.choice((0, 1, 1000, 65536)))
            )
        elif kind == 4:
            frames.append(wire.pack_window(stream, 0, random.choice((0, 1, 70_000, 2**32 - 1))))
        elif kind == 5:
            frames.append(wire.pack_finished(stream, 0, random.randrange(2)))
        else:
            frames.append(wire.pack_cancel(stream, 0, random.randrange(6)))
    return frames


def mutate(random, frames):
    """
    Swaps, drops, repeats whole frames; then changes, inserts or cuts bytes, most often in headers and
    lengths.
    """
    frames = list(frames)
    for _ in range(random.randrange(3)):
        at = random.randrange(len(frames))
        frames.insert(random.randrange(len(frames) + 1), frames[at])
        if random.random() < 0.5 and len(frames) > 1:
            del frames[random.randrange(len(frames))]
    data = bytearray(b"".join(frames))
    for _ in range(random.choice((0, 0, 1, 1, 2, 8))):
        if not data:
            break
        at = random.randrange(len(data) if random.random() < 0.5 else min(64, len(data)))
        action = random.randrange(4)
        if action == 0:
            data[at] = random.randrange(256)
        elif action == 1:
            data[at] ^= 1 << random.randrange(8)
        elif action == 2:
            data[at:at] = bytes(random.randrange(256) for _ in range(random.randrange(1, 20)))
        else:
            del data[at : at + random.randrange(1, 20)]
    return bytes(data)


def pieces(random, data):
    while data:
        size = random.choice((1, 7, 16, 100, 5000, len(data)))
        yield data[:size]
        data = data[size:]


def check_output(test, data):
    """The bytes are whole frames that a worker may send."""
    at = 0
    while at < len(data):
        length, kind, flags, zero, _ = wire.HEADER.unpack_from(data, at)
        test.assertIn(kind, wire.FROM_WORKER)
        test.assertEqual((zero, flags & ~wire.FLAG_END), (0, 0))
        payload = data[at + 16 : at + 16 + length]
        test.assertEqual(len(payload), length)
        unpack = {
            wire.RESPONSE: wire.unpack_response,
            wire.RESET: wire.unpack_reset,
            wire.WINDOW: wire.unpack_window,
        }
        if kind in unpack:
            unpack[kind](payload)
        at += 16 + length


async def asgi_application(scope, receive, send):
    path = scope["path"]
    if path == "/raise":
        raise ZeroDivisionError
    if path == "/none":
        return
    if path == "/echo":
        while (await receive()).get("more_body"):
            pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
    for _ in range(3):
        await send({"type": "http.response.body", "body": b"x" * 50_000, "more_body": True})
    await send({"type": "http.response.body"})


def wsgi_application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raise":
        raise ZeroDivisionError
    if path == "/none":
        return []
    if path == "/echo":
        environ["wsgi.input"].read()
    start_response("200 OK", [("A", "b")])
    return iter([b"x" * 50_000] * 3)


class MemoryLink(LoopLink):
    """Keeps what it would send."""

    def __init__(self, loop, failures):
        super().__init__(
            loop,
            Serving(asgi_application, ScopeBuilder("3.0").build, HttpStream),
            WINDOW,
            WINDOW,
            lambda link, reason: failures.append(reason),
            lambda: None,
            LoopMeter(),
        )
        self.failures = failures
        self.sent = bytearray()

    def transmit(self, pieces):
        self.sent += b"".join(pieces)

    def close(self):
        pass


class FuzzTests(unittest.TestCase):
    def setUp(self):
        logging.disable(logging.CRITICAL)

    def tearDown(self):
        logging.disable(logging.NOTSET)

    def test_asgi_link_survives_mutated_frames(self):
        failed = 0
        for number in range(ROUNDS):
            seed = SEED + number
            chance = random.Random(seed)
            data = mutate(chance, sequence(chance))
            with self.subTest(seed=seed):
                failed += asyncio.run(asyncio.wait_for(self.feed_asgi(chance, data), DEADLINE))
        # Both outcomes must be common, or the mutations are too tame or too wild.
        self.assertTrue(ROUNDS < 100 or ROUNDS * 0.1 < failed < ROUNDS * 0.9, failed)

    async def feed_asgi(self, chance, data):
        loop = asyncio.get_running_loop()
        problems = []
        loop.set_exception_handler(lambda loop, context: problems.append(context))
        failures = []
        link = MemoryLink(loop, failures)
        for piece in pieces(chance, data):
            if failures:
                break
            await self.in_callback(loop, link, piece)
        if not failures:
            link.fail("the end of the test")
        unfinished = list(link.unfinished.values())
        if unfinished:
            done, pending = await asyncio.wait(unfinished, timeout=DEADLINE)
            self.assertFalse(pending)
        await asyncio.sleep(0)
        self.assertEqual(problems, [])
        self.assertEqual(link.streams, {})
        self.assertEqual(len(failures), 1)
        check_output(self, link.sent)
        return failures[0] != "the end of the test"

    async def in_callback(self, loop, link, piece):
        done = loop.create_future()

        def deliver():
            try:
                left = piece
                while left and not link.failures:
                    room = link.free_buffer()
                    part = left[: len(room)]
                    room[: len(part)] = part
                    link.received(len(part))
                    left = left[len(part) :]
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(None)

        loop.call_soon(deliver)
        await done

    def test_wsgi_hub_survives_mutated_frames(self):
        failed = 0
        for number in range(ROUNDS // 4):
            seed = SEED + number
            chance = random.Random(seed)
            data = mutate(chance, sequence(chance))
            with self.subTest(seed=seed):
                failed += self.feed_wsgi(chance, data, threads=1 + number % 3)
        self.assertGreater(failed, 0)

    def feed_wsgi(self, chance, data, threads):
        failures = []
        hub = Hub(True, failures.append)
        ours, theirs = socket.socketpair()
        hub.open([WsgiLink(theirs, WINDOW, WINDOW)])
        environs = EnvironBuilder("", True)
        problems = []

        def work():
            try:
                request = hub.take()
                while request is not None:
                    try:
                        WsgiResponse(hub, request).run(wsgi_application, environs)
                    except wire.WireError as error:
                        hub.fail(str(error))
                    request = hub.take(0.0)
            except BaseException as error:
                problems.append(error)

        workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
        sent = bytearray()

        def collect():
            try:
                while True:
                    piece = ours.recv(65536)
                    if not piece:
                        return
                    sent.extend(piece)
            except ConnectionResetError:
                # The worker closed its end with bytes that it had not read.
                pass

        reader = threading.Thread(target=collect, daemon=True)
        for thread in [*workers, reader]:
            thread.start()
        for piece in pieces(chance, data):
            ours.sendall(piece)
        ours.shutdown(socket.SHUT_WR)
        for thread in workers:
            thread.join(DEADLINE)
            self.assertFalse(thread.is_alive(), "a thread hangs")
        hub.finish()
        reader.join(DEADLINE)
        ours.close()
        self.assertEqual(problems, [])
        self.assertEqual(len(failures), 1)
        check_output(self, sent)
        return failures[0] != "the front closed a data link"


if __name__ == "__main__":
    unittest.main()
