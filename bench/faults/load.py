"""Loads whose every answer is checked: a number of keep-alive connections, new connections all the time, a fixed rate."""

import asyncio
import itertools
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .connection import Connection, Response, connect
from .counts import Statistics

sys.path.append(str(Path(__file__).resolve().parents[1] / "apps"))
from chaos_proof import body_of, proof_of  # noqa: E402

CONNECTIONS = 64
# A request that takes longer has failed.
PATIENCE = 30.0
IDEMPOTENT = ("GET", "GET", "GET", "PUT", "DELETE", "HEAD", "OPTIONS")
GETS = ("GET",)
POSTS = ("POST",)
MIXED = ("GET", "GET", "POST", "PUT")


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that proves itself."""

    number: int
    method: str
    message: bytes
    body: bytes
    answer: bytes


def asks(
        methods: tuple[str, ...], query: Callable[[int], str] = lambda number: "", most: int | None = None) -> Callable[[int], Ask]:
    """Makes requests that take turns with these methods; the query says what the application does with each, `most` bounds the answers."""
    def ask(number: int) -> Ask:
        method = methods[number % len(methods)]
        body = body_of(number) if method in ("POST", "PUT") else b""
        target = query(number)
        if most is not None:
            target += f"{'&' if target else '?'}most={most}"
        head = f"{method} /proof/{number}{target} HTTP/1.1\r\nHost: chaos\r\nX-Number: {number}\r\n"
        if method in ("POST", "PUT"):
            head += f"Content-Length: {len(body)}\r\n"
        return Ask(number, method, head.encode() + b"\r\n" + body, body, body_of(number)[:most])

    return ask


def wrong_with(ask: Ask, response: Response) -> str | None:
    """Why this is not the answer, or None."""
    if response.status != 200:
        return f"status {response.status}"
    if response.headers.get("x-proof") != proof_of(ask.number, ask.body):
        return "wrong proof"
    if ask.method != "HEAD" and response.body != ask.answer:
        return "wrong body"
    return None


class Client:
    """One keep-alive connection that asks again and again, and connects anew when the server ends it."""

    def __init__(self, load: "Load"):
        self._load = load
        self._connection: Connection | None = None
        self._ask: Ask | None = None
        self._sent = 0.0
        self._task: asyncio.Task | None = None

    def begin(self) -> None:
        """Connects, then asks."""
        self._task = asyncio.get_running_loop().create_task(self._connect())

    def is_waiting_longer_than(self, seconds: float, now: float) -> bool:
        """Whether its request is not answered for so long."""
        return self._ask is not None and now - self._sent > seconds

    @property
    def is_waiting(self) -> bool:
        """Whether a request is not answered."""
        return self._ask is not None

    def give_up(self) -> None:
        """Its request has waited too long."""
        self._fail(f"no answer within {PATIENCE:.0f} s")
        self._connection.close()
        self.begin()

    def close(self) -> None:
        """The load is over."""
        if self._task:
            self._task.cancel()
        if self._connection:
            self._connection.close()

    async def _connect(self) -> None:
        # Connections open one after the other, and the server may be away for a moment: it is the row that judges that.
        while not self._load.is_stopping:
            try:
                self._connection = await connect(self._load.port, self._answered, self._ended)
                break
            except OSError as error:
                self._load.statistics.closed["refused" if isinstance(error, ConnectionRefusedError) else type(error).__name__] += 1
                await asyncio.sleep(0.05)
        else:
            return
        await self._pause()
        self._next()

    async def _pause(self) -> None:
        pause = self._load.pause()
        if pause > 0:
            await asyncio.sleep(pause)

    def _next(self) -> None:
        if self._load.is_stopping:
            return
        self._ask = ask = self._load.next_ask()
        self._sent = time.monotonic()
        self._connection.request(ask.message, ask.method == "HEAD")

    def _answered(self, response: Response) -> None:
        now = time.monotonic()
        ask, self._ask = self._ask, None
        problem = wrong_with(ask, response)
        statistics = self._load.statistics
        if problem is None:
            statistics.answered(self._sent, now, response.headers.get("x-process", ""), response.headers.get("x-version", ""))
        else:
            statistics.failed(problem, ask.number, self._sent, now)
        self._load.heard(ask, response, self._sent, now)
        if response.closes:
            statistics.closed["announced"] += 1
            self._connection.close()
            self._begin_again()
        elif self._load.has_pauses:
            self._task = asyncio.get_running_loop().create_task(self._next_after_pause())
        else:
            self._next()

    async def _next_after_pause(self) -> None:
        await self._pause()
        if self._ask is None:
            self._next()

    def _ended(self, reason: str) -> None:
        self._load.statistics.closed[reason] += 1
        if self._task:
            self._task.cancel()
        if self._ask is not None:
            self._fail(reason)
        self._begin_again()

    def _begin_again(self) -> None:
        if self._load.reconnects and not self._load.is_stopping:
            self.begin()

    def _fail(self, kind: str) -> None:
        self._load.statistics.failed(kind, self._ask.number, self._sent, time.monotonic())
        self._ask = None


class Load:
    """Clients that each wait for their answer before they ask again, at once or after a pause."""

    def __init__(self, port: int, ask: Callable[[int], Ask], connections: int = CONNECTIONS, mean_pause: float = 0.0, seed: int = 1):
        self.port = port
        self.statistics = Statistics()
        self.is_stopping = False
        # Whether a client whose connection has ended opens another.
        self.reconnects = True
        self.has_pauses = mean_pause > 0
        self.heard: Callable[[Ask, Response, float, float], None] = lambda ask, response, sent, ended: None
        self._ask = ask
        self._numbers = itertools.count(1)
        self._mean_pause = mean_pause
        self._random = random.Random(seed)
        self._clients = [Client(self) for _ in range(connections)]
        self._watch: asyncio.Task | None = None
        self.started = 0.0

    def next_ask(self) -> Ask:
        """The next request, for whichever client asks."""
        return self._ask(next(self._numbers))

    def pause(self) -> float:
        """Seconds that a client waits before its next request: exponential, so that the requests are independent of each other."""
        return self._random.expovariate(1 / self._mean_pause) if self.has_pauses else 0.0

    async def __aenter__(self) -> "Load":
        self.started = time.monotonic()
        for client in self._clients:
            client.begin()
        self._watch = asyncio.get_running_loop().create_task(self._watch_patience())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self, seconds: float = PATIENCE) -> None:
        """Asks no more and waits for the answers that are due."""
        self.is_stopping = True
        deadline = time.monotonic() + seconds
        while any(client.is_waiting for client in self._clients) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        if self._watch:
            self._watch.cancel()
        for client in self._clients:
            if client.is_waiting:
                client.give_up()
            client.close()

    async def _watch_patience(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            now = time.monotonic()
            for client in self._clients:
                if client.is_waiting_longer_than(PATIENCE, now):
                    client.give_up()


class NewConnections:
    """Opens a connection, asks once, ends it, and again."""

    def __init__(self, port: int, ask: Callable[[int], Ask], clients: int = 8, pause: float = 0.005):
        self.port = port
        self.statistics = Statistics()
        self._ask = ask
        self._numbers = itertools.count(1_000_000)
        self._pause = pause
        self._clients = clients
        self._is_stopping = False
        self._tasks: list[asyncio.Task] = []

    async def __aenter__(self) -> "NewConnections":
        self._tasks = [asyncio.get_running_loop().create_task(self._run()) for _ in range(self._clients)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_stopping = True
        await asyncio.gather(*self._tasks)

    async def _run(self) -> None:
        while not self._is_stopping:
            await self._once()
            await asyncio.sleep(self._pause)

    async def _once(self) -> None:
        ask = self._ask(next(self._numbers))
        sent = time.monotonic()
        answer: asyncio.Future = asyncio.get_running_loop().create_future()
        connection = None
        try:
            try:
                connection = await connect(
                    self.port, answer.set_result, lambda reason: None if answer.done() else answer.set_exception(ConnectionError(reason)))
            except ConnectionResetError as error:
                # What the kernel had in its queue when the socket was closed: it was never a connection to the server either.
                raise ConnectionRefusedError from error
            connection.request(ask.message, ask.method == "HEAD")
            response = await asyncio.wait_for(answer, PATIENCE)
            problem = wrong_with(ask, response)
        except ConnectionRefusedError:
            problem = "refused"
        except TimeoutError:
            problem = f"no answer within {PATIENCE:.0f} s"
        except OSError as error:
            problem = str(error)
        finally:
            if connection:
                connection.close()
        if problem is None:
            self.statistics.answered(sent, time.monotonic(), response.headers.get("x-process", ""), response.headers.get("x-version", ""))
        else:
            self.statistics.failed(problem, ask.number, sent, time.monotonic())
