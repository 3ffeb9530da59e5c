"""
The WebSocket client suite with Debian's python3-websockets and python3-wsproto, against the echo of sockets.py: NAME URL DIRECTORY. The application
records under the last part of the path which code it was told, in DIRECTORY. Ends with 0 when all was right.
"""

import asyncio
import os
import socket
import struct
import sys
import time
import uuid
from urllib.parse import urlsplit

SIZES = [0, 1, 125, 126, 1000, 65_535, 65_536, 1_000_000]
MASK = b"\x01\x02\x03\x04"
DEADLINE = 60


def new_key():
    return uuid.uuid4().hex[:12]


def recorded(directory, key):
    """What the application was told at the end, as soon as it was."""
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        try:
            with open(os.path.join(directory, "record-" + key)) as lines:
                text = lines.read()
            if text.endswith("\n"):
                return text.splitlines()[0]
        except OSError:
            pass
        time.sleep(0.002)
    raise AssertionError("nothing was recorded under " + key)


async def sizes(url, directory):
    import websockets

    for compression in ("deflate", None):
        async with websockets.connect(f"{url}/echo", compression=compression, max_size=None) as client:
            assert bool(client.extensions) == (compression is not None)
            for size in SIZES:
                await client.send("é" * (size // 2))
                assert await client.recv() == "é" * (size // 2)
                await client.send(bytes(size))
                assert await client.recv() == bytes(size)
            await client.send(["in ", "", "parts"])
            assert await client.recv() == "in parts"
            await asyncio.gather(*[await client.ping() for _ in range(3)])


async def codes(url, directory):
    """Each code that may be sent reaches the application and comes back; each that may not be is answered by 1002."""
    import websockets

    for code in [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999]:
        key = new_key()
        async with websockets.connect(f"{url}/echo/{key}") as client:
            await client.close(code, "why")
            assert client.close_code == code, (code, client.close_code)
        assert recorded(directory, key) == f"{code} why", code
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000):
        key = new_key()
        with Raw(url, f"/echo/{key}") as client:
            client.send(0x88, struct.pack("!H", code))
            assert client.receive() == (0x88, struct.pack("!H", 1002)), code


async def boundaries(url, directory):
    """A message of each length up to 300 cut in two at each place of interest, with a ping between."""
    with Raw(url, "/echo") as client:
        text = "grüße €𝄞 ".encode() * 12
        for cut in range(len(text) + 1):
            client.send(0x01, text[:cut])
            client.send(0x89, b"%d" % cut)
            client.send(0x80, text[cut:])
            assert client.receive() == (0x8A, b"%d" % cut)
            assert client.receive() == (0x81, text), cut
        # Every byte in a frame of its own, and every byte of the frames in a packet of its own.
        for one in range(len(text)):
            client.send(0x01 if one == 0 else 0x00, text[one : one + 1])
        client.send(0x80, b"")
        assert client.receive() == (0x81, text)
        for byte in client.frame(0x81, text[:11]):
            client.socket.sendall(bytes([byte]))
        assert client.receive() == (0x81, text[:11])


async def invalid(url, directory):
    """What is no UTF-8 is 1007, in one frame and in two, in a reason too; what breaks the rules of frames is 1002."""
    for text in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"ok\xe2\x82", b"\xf8\x88\x80\x80\x80"):
        for frames in ([(0x81, text)], [(0x01, text[:1]), (0x80, text[1:])]):
            key = new_key()
            with Raw(url, f"/echo/{key}") as client:
                for kind, data in frames:
                    client.send(kind, data)
                assert client.receive()[1][:2] == struct.pack("!H", 1007), text
            assert recorded(directory, key).split()[0] in ("1006", "1007"), recorded(directory, key)
    with Raw(url, "/echo") as client:
        client.send(0x88, struct.pack("!H", 1000) + b"\xff")
        assert client.receive()[1][:2] == struct.pack("!H", 1007)
    for kind, data in ((0x83, b""), (0x8B, b""), (0xC1, b"x"), (0x80, b"x"), (0x09, b"x"), (0x89, bytes(126)), (0x88, b"x")):
        with Raw(url, "/echo") as client:
            client.send(kind, data)
            assert client.receive()[1][:2] == struct.pack("!H", 1002), (kind, data)


async def oversized(url, directory):
    """--ws-max-size 100000: a byte more is 1009, in whatever frames, and compressed."""
    import websockets

    for frames in ([100_001], [50_000, 50_001], [1] * 10 + [99_991]):
        async with websockets.connect(f"{url}/echo", compression=None) as client:
            try:
                await client.send([bytes(size) for size in frames])
                await client.recv()
            except websockets.ConnectionClosed:
                pass
            await client.wait_closed()
            assert client.close_code == 1009, client.close_code
    async with websockets.connect(f"{url}/echo", compression="deflate", max_size=None) as client:
        await client.send(bytes(100_000))
        assert await client.recv() == bytes(100_000)
        await client.send(bytes(50_000_000))
        await client.wait_closed()
        assert client.close_code == 1009, client.close_code


async def wsproto(url, directory):
    from wsproto import ConnectionType, WSConnection
    from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request, TextMessage
    from wsproto.extensions import PerMessageDeflate

    address = urlsplit(url)
    for extensions in ([PerMessageDeflate()], []):
        key = new_key()
        client = WSConnection(ConnectionType.CLIENT)
        with socket.create_connection((address.hostname, address.port), timeout=DEADLINE) as connection:

            def exchange(event, kind):
                connection.sendall(client.send(event))
                parts = []
                while True:
                    for got in client.events():
                        if isinstance(got, (TextMessage, BytesMessage)):
                            parts.append(got.data)
                            if got.message_finished:
                                return parts[0][:0].join(bytes(p) if isinstance(p, bytearray) else p for p in parts)
                        elif isinstance(got, kind):
                            return got
                    client.receive_data(connection.recv(65536) or None)

            accepted = exchange(Request(host=address.netloc, target=f"/echo/{key}", extensions=extensions, subprotocols=["chat", "other"]), AcceptConnection)
            assert accepted.subprotocol == "chat" and bool(accepted.extensions) == bool(extensions)
            for size in SIZES:
                assert exchange(TextMessage("é" * (size // 2)), TextMessage) == "é" * (size // 2)
                assert exchange(BytesMessage(bytes(size)), BytesMessage) == bytes(size)
            assert bytes(exchange(Ping(b"payload"), Pong).payload) == b"payload"
            assert exchange(CloseConnection(4001, "bye"), CloseConnection).code == 4001
        assert recorded(directory, key) == "4001 bye"


async def idle(url, directory):
    """A thousand that say nothing, and are there when they do."""
    import websockets

    clients = []
    for _ in range(20):
        clients += await asyncio.gather(*[websockets.connect(f"{url}/echo", ping_interval=None, compression=None) for _ in range(50)])
    for client in clients:
        await client.send("still here")
    assert all(text == "still here" for text in await asyncio.gather(*[client.recv() for client in clients]))
    await asyncio.gather(*[client.close() for client in clients])
    assert all(client.close_code == 1000 for client in clients)


class Raw:
    """A client whose bytes are ours."""

    def __init__(self, url, path):
        address = urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=DEADLINE)
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    @staticmethod
    def frame(kind, data):
        size = len(data)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size) if size < 65536 else b"\xff" + struct.pack("!Q", size)
        return bytes([kind]) + length + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(data))

    def send(self, kind, data):
        self.socket.sendall(self.frame(kind, data))

    def receive(self):
        while True:
            if len(self.rest) >= 2:
                size, at = self.rest[1], 2
                if size == 126 and len(self.rest) >= 4:
                    size, at = struct.unpack_from("!H", self.rest, 2)[0], 4
                elif size == 127 and len(self.rest) >= 10:
                    size, at = struct.unpack_from("!Q", self.rest, 2)[0], 10
                if len(self.rest) >= at + size:
                    kind, data, self.rest = self.rest[0], self.rest[at : at + size], self.rest[at + size :]
                    return kind, data
            self._more()

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the server has closed")
        self.rest += data


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(globals()[sys.argv[1]](*sys.argv[2:]), 2 * DEADLINE))
