"""Clients that send or read a byte a second: slow.py PORT COUNT. Prints "connected", and at SIGTERM how many were cut off."""

import asyncio
import signal
import socket
import sys

READ_SIZE = 256 * 1024
BODY_SIZE = 100_000


async def slow_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A request whose head never ends in time."""
    writer.write(b"GET /proof/1 HTTP/1.1\r\nHost: chaos\r\nX-Long: ")
    await drip(reader, writer)


async def slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A request whose body never ends in time."""
    writer.write(b"POST /count HTTP/1.1\r\nHost: chaos\r\nContent-Length: %d\r\n\r\n" % BODY_SIZE)
    await drip(reader, writer)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte a second, as long as the connection lives."""
    while not reader.at_eof() and not writer.is_closing():
        writer.write(b"a")
        await asyncio.sleep(1)


async def slow_reader(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A response that is read byte by byte. The stream's own buffer is small, and so is the socket's."""
    writer.write(b"GET /trickle?%d HTTP/1.1\r\nHost: chaos\r\n\r\n" % READ_SIZE)
    while await reader.read(1):
        await asyncio.sleep(1)


async def client(kind, port: int, opened: asyncio.Semaphore, connected: list[int], lost: list[int]) -> None:
    """One client; it goes on for ever unless the server ends its connection."""
    async with opened:
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=plain, limit=2048)
        connected.append(1)
    try:
        await kind(reader, writer)
    except OSError:
        pass
    lost.append(1)


async def main(port: int, count: int) -> None:
    """Runs until SIGTERM."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    opened = asyncio.Semaphore(50)
    connected: list[int] = []
    lost: list[int] = []
    tasks = [
        asyncio.create_task(client(kind, port, opened, connected, lost))
        for kind in (slow_head, slow_body, slow_reader) for _ in range(count)]
    while len(connected) < len(tasks) and not stopped.is_set():
        await asyncio.sleep(0.02)
    print("connected", flush=True)
    await stopped.wait()
    print(len(lost), flush=True)
    for task in tasks:
        task.cancel()


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
