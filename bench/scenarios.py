"""The scenarios that wrk loads: which request, how many connections, which servers."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from load import Request
from servers import Server, granian, gunicorn_asgi, gunicorn_threads, hydra, hydra_as, hydra_on_second, hypercorn, nginx, uvicorn, uwsgi
from sockets import Echo

ASGI = "asgi_app:app"
WSGI = "wsgi_app:app"
RSGI = "rsgi_app:app"
RAW = "raw_app:app"
FASTAPI = "fastapi_app:app"
DJANGO = "django_app:app"
SOCKETS = "socket_app:app"
RSGI_SOCKETS = "rsgi_socket_app:app"
BUSY_POLL = ("--busy-poll", "50")
CONNECTIONS = (1, 8, 64, 256, 512)

HELLO = Request()
BROWSER = Request(headers=(
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
    ("Accept-Language", "en-US,en;q=0.5"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Referer", "http://127.0.0.1/articles/an-article-about-something"),
    ("Cookie", "session=3f9a1c0e5b7d4e2f8a6b9c0d1e2f3a4b; theme=dark; consent=yes"),
    ("Upgrade-Insecure-Requests", "1"),
    ("Sec-Fetch-Dest", "document"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Priority", "u=0, i"),
))
ITEMS = [{"id": number, "name": f"item {number}", "price": number * 1.25} for number in range(24)]
JSON = Request("/json", "POST", (("Content-Type", "application/json"),), json.dumps({"items": ITEMS}).encode(),
               answer=b'{"items": 24}')
TEN_KB = Request("/10k", answer=b"0123456789abcdef" * 640)
ECHO_BODY = bytes(range(256)) * 400
ECHO = Request("/echo", "POST", (("Content-Type", "application/octet-stream"),), ECHO_BODY, answer=ECHO_BODY)
WAIT = Request("/wait")
FASTAPI_ITEM = Request("/items/7?q=lamp", answer=b'{"id":7,"name":"lamp","tags":["red","small"],"price":10.5}')
DJANGO_ITEM = Request("/items/7?q=lamp", answer=b'{"id": 7, "name": "lamp", "tags": ["red", "small"], "price": 10.5}')

# An answer that the front gives by itself: a handshake without its key.
FRONT_ALONE = (Request(headers=(("Connection", "upgrade"), ("Upgrade", "websocket")), status=426, answer=None),)
FRONT_ALONE_NAME = "Hydra's front alone"


@dataclass(frozen=True)
class Entry:
    """A server in a scenario, with requests of its own where it does not get the scenario's."""

    server: Server
    name: str = ""
    requests: tuple[Request, ...] = ()
    # Also part of a quick run, because a goal compares it.
    quick: bool = True

    @property
    def label(self) -> str:
        """What the tables call it."""
        return self.name or self.server.name


@dataclass(frozen=True)
class Scenario:
    """One request and one number of connections, for several servers. The first entry is what the others are compared to."""

    key: str
    title: str
    connections: int
    request: Request
    entries: tuple[Entry, ...] = field(default=())
    # A goal needs it: a quick run does these first.
    goal: bool = False


def _quick(*servers: Server) -> tuple[Entry, ...]:
    return tuple(Entry(server) for server in servers)


def _full(*servers: Server) -> tuple[Entry, ...]:
    return tuple(Entry(server, quick=False) for server in servers)


def _asgi_peers(workers: int = 1) -> tuple[Entry, ...]:
    return _quick(*granian(ASGI, "asgi", workers)) + _full(gunicorn_asgi(ASGI, workers), hypercorn(ASGI, workers))


def all_scenarios(directory: Path) -> list[Scenario]:
    """Every scenario, in the order of the report."""
    hydra_asgi, uvicorn_asgi = hydra(ASGI), uvicorn(ASGI)
    both = _quick(hydra_asgi, uvicorn_asgi)
    plain = nginx(directory)
    scenarios = []
    for connections in CONNECTIONS:
        more = _quick(*granian(RSGI, "rsgi"), *hydra_on_second(ASGI)) if connections in (64, 256) else ()
        more += (Entry(hydra_asgi, FRONT_ALONE_NAME, FRONT_ALONE),) if connections == 256 else ()
        more += _quick(hydra(ASGI, name="busy poll", options=BUSY_POLL)) if connections == 1 else ()
        scenarios.append(Scenario(
            f"asgi-hello-{connections}", f"ASGI hello, {plural(connections)}", connections, HELLO,
            both + _asgi_peers() + more + (Entry(plain, quick=connections == 256),), goal=connections in (1, 64, 256)))
    for connections in CONNECTIONS:
        scenarios.append(Scenario(
            f"wsgi-hello-{connections}", f"WSGI hello, {plural(connections)}", connections, HELLO,
            _quick(hydra(WSGI), gunicorn_threads(WSGI), *granian(WSGI, "wsgi"), uwsgi(WSGI))
            + _full(hydra(WSGI, name="4 threads", options=("--threads", "4")), uwsgi(WSGI, router=True)), goal=connections == 64))
    scenarios += [
        Scenario("asgi-workers-2", "ASGI hello, 2 workers, 256 connections", 256, HELLO,
                 _quick(hydra(ASGI, 2), uvicorn(ASGI, 2)) + _asgi_peers(2), goal=True),
        Scenario("wsgi-workers-2", "WSGI hello, 2 workers, 64 connections", 64, HELLO,
                 _quick(hydra(WSGI, 2), gunicorn_threads(WSGI, 2)) + _full(uwsgi(WSGI, 2), uwsgi(WSGI, 2, router=True))),
        Scenario("browser", "A browser's request of 12 headers, 64 connections", 64, BROWSER, both + _asgi_peers(), goal=True),
        Scenario("json", f"JSON POST of {len(JSON.body) / 1000:.1f} KB, 64 connections", 64, JSON, both + _asgi_peers(), goal=True),
        Scenario("ten-kb", "Response of 10 KB, 64 connections", 64, TEN_KB, both + _asgi_peers(), goal=True),
        Scenario("echo", "Streamed echo of 100 KB, 64 connections", 64, ECHO, both + _asgi_peers(), goal=True),
        Scenario("wait", "10 ms of await, 512 connections", 512, WAIT, both + _asgi_peers()),
        Scenario("interfaces", "Hello by interface, 64 connections", 64, HELLO,
                 _quick(hydra(ASGI), hydra_as(RSGI, "rsgi"), hydra_as(RAW, "raw"), *granian(RSGI, "rsgi")), goal=True),
        Scenario("fastapi", "FastAPI route, 64 connections", 64, FASTAPI_ITEM,
                 _quick(hydra(FASTAPI), uvicorn(FASTAPI), *granian(FASTAPI, "asgi")) + _full(gunicorn_asgi(FASTAPI), hypercorn(FASTAPI)), goal=True),
        Scenario("django", "Django view (WSGI), 64 connections", 64, DJANGO_ITEM,
                 _quick(hydra(DJANGO), gunicorn_threads(DJANGO), *granian(DJANGO, "wsgi"))
                 + _full(uwsgi(DJANGO), uwsgi(DJANGO, router=True)), goal=True),
    ]
    scenarios += [
        Scenario(f"ws-{size}", f"WebSocket echo of {words}, 64 connections", 64, Echo("/ws", size=size),
                 _quick(hydra(SOCKETS), hydra_as(RSGI_SOCKETS, "rsgi"), uvicorn(SOCKETS), *granian(SOCKETS, "asgi"), *granian(RSGI_SOCKETS, "rsgi"))
                 + _full(hypercorn(SOCKETS)), goal=True)
        for size, words in ((16, "16 bytes"), (16 * 1024, "16 KB"))
    ]
    return scenarios


def plural(connections: int) -> str:
    """The number of connections in words."""
    return f"{connections} connection" + ("s" if connections != 1 else "")
