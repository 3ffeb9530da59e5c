"""Clients that wrk is not: thousands of idle connections, one very large body, and the first answer of a starting server."""

import select
import socket
import time

from load import Request

READ_SIZE = 1 << 20
PIECE = bytes(64 * 1024)


def raw(request: Request, extra: str = "") -> bytes:
    """The request as bytes, without its body."""
    lines = [f"{request.method} {request.path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return ("\r\n".join(lines) + f"\r\n{extra}\r\n").encode()


class IdleConnections:
    """Many connections to one server. Leaving the with block closes them."""

    def __init__(self, port: int):
        self._port = port
        self._sockets: dict[int, socket.socket] = {}
        self._epoll = select.epoll()

    def __enter__(self) -> "IdleConnections":
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets.values():
            each.close()
        self._epoll.close()

    def open(self, count: int, batch: int = 200) -> None:
        """Opens connections, a batch at a time so that no listen queue overflows."""
        while len(self._sockets) < count:
            pending = []
            for _ in range(min(batch, count - len(self._sockets))):
                each = socket.socket()
                # Sources differ, so that the range of ports is no limit.
                each.bind((f"127.0.1.{len(self._sockets) % 8 + 1}", 0))
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", self._port))
                self._sockets[each.fileno()] = each
                self._epoll.register(each, select.EPOLLOUT)
                pending.append(each)
            waiting = {each.fileno() for each in pending}
            while waiting:
                waiting -= {number for number, _ in self._poll()}
            for each in pending:
                if error := each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(error, "a connection was refused")
                self._epoll.modify(each, select.EPOLLIN)

    def ask(self, request: Request, batch: int = 200) -> None:
        """Sends the request on every connection and reads the answers."""
        message = raw(request)
        everything = list(self._sockets.values())
        for start in range(0, len(everything), batch):
            part = everything[start:start + batch]
            for each in part:
                each.send(message)
            waiting = {each.fileno() for each in part}
            answers = dict.fromkeys(waiting, b"")
            while waiting:
                for number, _ in self._poll():
                    data = self._sockets[number].recv(65536)
                    if not data:
                        raise OSError("the server closed a connection")
                    if number in waiting:
                        answers[number] += data
                        if answers[number].endswith(request.answer or b"\n"):
                            waiting.discard(number)

    def alive(self) -> int:
        """How many connections the server has not closed."""
        closed = set()
        while events := self._epoll.poll(0, len(self._sockets)):
            new = {number for number, event in events if event & (select.EPOLLHUP | select.EPOLLERR | select.EPOLLIN)} - closed
            closed |= new
            if not new:
                break
        return len(self._sockets) - len(closed)

    def _poll(self) -> list[tuple[int, int]]:
        events = self._epoll.poll(10, 1024)
        if not events:
            raise OSError("the server did not react within 10 s")
        return events


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def _read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        data = connection.recv(65536)
        if not data:
            raise OSError("the server closed the connection before it answered")
        received += data
    head, _, rest = received.partition(b"\r\n\r\n")
    if b" 200" not in head.split(b"\r\n", 1)[0]:
        raise OSError(f"unexpected answer: {head[:100]!r}")
    return head, rest


def download(port: int, size: int) -> float:
    """Reads a body of this size and returns the seconds."""
    buffer = bytearray(READ_SIZE)
    with _connect(port) as connection:
        started = time.perf_counter()
        connection.sendall(raw(Request(f"/download?{size}"), "Connection: close\r\n"))
        _, rest = _read_head(connection)
        left = size - len(rest)
        while left > 0:
            count = connection.recv_into(buffer)
            if not count:
                raise OSError(f"the download ended {left} bytes too soon")
            left -= count
        return time.perf_counter() - started


def upload(port: int, size: int) -> float:
    """Sends a body of this size, checks that all of it was counted, and returns the seconds."""
    with _connect(port) as connection:
        started = time.perf_counter()
        connection.sendall(raw(Request("/upload", "POST"), f"Connection: close\r\nContent-Length: {size}\r\n"))
        for _ in range(size // len(PIECE)):
            connection.sendall(PIECE)
        _, body = _read_head(connection)
        while len(body) < len(str(size)):
            data = connection.recv(4096)
            if not data:
                break
            body += data
        if body != str(size).encode():
            raise OSError(f"the application counted {body!r} bytes of {size}")
        return time.perf_counter() - started


def first_answer(port: int, started: float, request: Request, alive) -> tuple[float, float]:
    """Seconds from the start of a process until it accepts a connection, and until it has answered."""
    listening = 0.0
    message = raw(request, "Connection: close\r\n")
    while time.perf_counter() - started < 20:
        try:
            connection = _connect(port)
        except OSError:
            if not alive():
                break
            time.sleep(0.0005)
            continue
        with connection:
            listening = listening or time.perf_counter() - started
            try:
                connection.sendall(message)
                _read_head(connection)
                return listening, time.perf_counter() - started
            except OSError:
                time.sleep(0.0005)
    raise OSError("the server did not answer")
