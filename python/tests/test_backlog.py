"""What leaves a link, in order and complete, whatever the socket takes at a time."""

import asyncio
import socket
import unittest

from tests import fake_front  # noqa: F401
from hydra_worker import wire
from hydra_worker.asgi.scope import ScopeBuilder
from hydra_worker.asgi.stream import HttpStream
from hydra_worker.backlog import Backlog
from hydra_worker.eventloop.link import Serving
from hydra_worker.eventloop.meter import LoopMeter
from hydra_worker.eventloop.transports import SocketLink


class Sink:
    """A socket that takes so many bytes, then says that it would block."""

    def __init__(self, *sizes):
        self.sizes = list(sizes)
        self.taken = b""

    def send(self, data):
        if not self.sizes:
            raise BlockingIOError
        size = min(self.sizes.pop(0), len(data))
        self.taken += bytes(data[:size])
        return size

    def sendmsg(self, pieces):
        return self.send(b"".join(pieces))


class SinkWithoutSendmsg(Sink):
    sendmsg = None


def drain(backlog, sink, size):
    for _ in range(10_000):
        sink.sizes.append(size)
        if backlog.send():
            return
    raise AssertionError("the backlog does not get empty")


class BacklogTests(unittest.TestCase):
    def test_pieces_of_any_size_leave_in_order(self):
        small = [b"a", b"", b"bb" * 100, b"c"]
        large = [*small, b"d" * 5000, b"e" * 70_000, b"", b"f" * 200_000, b"g"]
        for kind in (Sink, SinkWithoutSendmsg):
            for size, pieces in ((1, small), (7, small), (4096, large), (5003, large), (1_000_000, large)):
                with self.subTest(kind=kind.__name__, size=size):
                    sink = kind()
                    backlog = Backlog(sink)
                    backlog.add(list(pieces))
                    drain(backlog, sink, size)
                    self.assertEqual(sink.taken, b"".join(pieces))
                    self.assertEqual((backlog.size, backlog.pieces), (0, []))

    def test_added_while_some_wait_comes_after_them(self):
        sink = Sink(10)
        backlog = Backlog(sink)
        backlog.add([b"a" * 4000, b"b" * 4000])
        self.assertFalse(backlog.send())
        backlog.add([b"c" * 4000])
        self.assertEqual(backlog.size, 12_000 - 10)
        drain(backlog, sink, 3000)
        self.assertEqual(sink.taken, b"a" * 4000 + b"b" * 4000 + b"c" * 4000)

    def test_more_pieces_than_one_call_takes(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            backlog = Backlog(ours)
            backlog.add([b"%06d" % number for number in range(5000)])
            backlog.add([b"x" * 2000] * 100)
            received = b""
            while not backlog.send():
                received += theirs.recv(65_536)
            ours.shutdown(socket.SHUT_WR)
            while True:
                piece = theirs.recv(65_536)
                if not piece:
                    break
                received += piece
        self.assertEqual(received, b"".join(b"%06d" % number for number in range(5000)) + b"x" * 200_000)

    def test_a_broken_socket_raises(self):
        ours, theirs = socket.socketpair()
        theirs.close()
        with ours:
            backlog = Backlog(ours)
            backlog.add([b"x"])
            with self.assertRaises(OSError):
                backlog.send()


def take_responses(received, answered):
    """Takes whole frames off the front of `received`; appends the streams of the responses among them."""
    while len(received) >= wire.HEADER_SIZE:
        length, kind, _, _, stream = wire.HEADER.unpack_from(received)
        if len(received) < wire.HEADER_SIZE + length:
            return
        if kind == wire.RESPONSE:
            assert length == wire.RESPONSE_FIELDS.size + 3 + 60_000, length
            answered.append(stream)
        del received[: wire.HEADER_SIZE + length]


class SocketLinkTests(unittest.TestCase):
    def test_reads_no_more_while_the_front_takes_nothing(self):
        """The requests wait in the socket, and all are answered when the front reads."""

        async def application(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
            await send({"type": "http.response.body", "body": b"x" * 60_000})

        async def serve(front, worker):
            loop = asyncio.get_running_loop()
            lost = []
            serving = Serving(application, ScopeBuilder("3.0").build, HttpStream)

            def on_lost(link, reason):
                lost.append(reason)

            link = SocketLink(worker, loop, serving, 65_536, 65_536, on_lost, lambda: None, LoopMeter())
            await link.open()
            nobody = b"\0" * 6
            frames = [
                wire.pack_request(number, 1, 0, b"GET", b"/", b"", nobody, b"", b"") for number in range(100)
            ]
            for frame in frames:
                await loop.sock_sendall(front, frame)
                await asyncio.sleep(0)
            self.assertTrue(link._paused)
            received = bytearray()
            answered = []
            while len(answered) < len(frames):
                received += await loop.sock_recv(front, 65_536)
                take_responses(received, answered)
            self.assertEqual(answered, list(range(100)))
            self.assertFalse(link._paused)
            self.assertEqual((link.streams, lost), ({}, []))
            link.finish()

        front, worker = socket.socketpair()
        front.setblocking(False)
        with front:
            asyncio.run(asyncio.wait_for(serve(front, worker), 30))


if __name__ == "__main__":
    unittest.main()
