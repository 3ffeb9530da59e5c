"""
The types of Hydra's own interface, `--interface raw`: see docs/raw.md. Nothing here is needed to serve an application, which gets its
request as an argument and may return a plain tuple; it is for those who want names, type checks and tests of their own.

The server has this module for applications that have none of this name. It needs nothing else, so that it can be copied beside an
application, for type checkers and for tests without the server; then that copy is used.
"""

from __future__ import annotations

from typing import Any, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, List, Mapping, NamedTuple, Optional, Protocol, Tuple, Union

# Names and values of headers are text (Latin-1) or byte strings. A list or a tuple of tuples that is the same each time costs least.
HeaderList = Iterable[Tuple[Union[str, bytes], Union[str, bytes]]]
# What is text is sent as UTF-8; what is iterated over is sent piece by piece.
Body = Union[bytes, str, AsyncIterable[Union[bytes, str]]]
Address = Optional[Tuple[str, Optional[int]]]


class Response(NamedTuple):
    """
    What an application returns. A tuple of these, or of the first three, is the same, and costs less to make. Trailers are fields behind the body, or a
    function that gives them when that is over; clients that take none get the response without.
    """

    status: int = 200
    headers: HeaderList = ()
    body: Body = b""
    trailers: Union[None, HeaderList, Callable[[], HeaderList]] = None


class Headers(Mapping[str, str]):
    """Names are lower case, and are asked for in any case; the value of one that came more than once is the first."""

    def get_all(self, name: str) -> List[str]:
        """All values of that name, in the order in which they came."""
        raise NotImplementedError


class Request(Protocol):
    """What an application is called with."""

    @property
    def method(self) -> str:
        """In upper case."""

    @property
    def scheme(self) -> str:
        """http or https."""

    @property
    def http_version(self) -> str:
        """1.0, 1.1 or 2."""

    @property
    def path(self) -> str:
        """Percent-decoded, with the path below which the application is shown (--root-path) in front."""

    @property
    def raw_path(self) -> bytes:
        """As it came."""

    @property
    def root_path(self) -> str:
        """The path below which the application is shown."""

    @property
    def query(self) -> bytes:
        """As it came, without the question mark."""

    @property
    def headers(self) -> Headers:
        """Nobody can change them: requests with the same ones share them."""

    @property
    def client(self) -> Address:
        """The client's address and port; None for one on a Unix socket."""

    @property
    def server(self) -> Address:
        """The address and port at which the server listens; the path of a Unix socket, and None."""

    @property
    def queue_time(self) -> float:
        """Seconds that the request has waited for a worker."""

    @property
    def is_websocket(self) -> bool:
        """Whether the client asks for a WebSocket: accept() it, or return a response that says no."""

    @property
    def subprotocols(self) -> List[str]:
        """What the client offers for its WebSocket."""

    @property
    def body(self) -> bytes:
        """Of a request to a function that is no coroutine function: the whole body. Others call read()."""

    def read(self) -> Awaitable[bytes]:
        """What is left of the body. Raises OSError where it breaks off."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body, piece by piece as it comes. Raises OSError where it breaks off."""

    def disconnected(self) -> Awaitable[None]:
        """Returns when the client has left, or the response is complete."""

    def accept(self, subprotocol: str = "", headers: HeaderList = ()) -> Awaitable["WebSocket"]:
        """Accepts a WebSocket. Raises OSError when its client has left."""


class WebSocket(Protocol):
    """What accept() returns."""

    @property
    def code(self) -> Optional[int]:
        """The close code, once the session is over: the client's, or 1006 when the connection was lost."""

    @property
    def reason(self) -> str:
        """The reason that came with it."""

    def receive(self) -> Awaitable[Union[bytes, str, None]]:
        """The next message; None when the session is over, and all that came was received."""

    def __aiter__(self) -> AsyncIterator[Union[bytes, str]]:
        """The messages, until the session is over."""

    def send(self, message: Union[bytes, str]) -> Awaitable[None]:
        """Sends a message; waits while the client does not take what was sent. Raises OSError when the session is over."""

    def close(self, code: int = 1000, reason: str = "") -> Awaitable[None]:
        """Closes the session; does nothing when it is over."""


# A function that returns its response, or a coroutine function.
Application = Callable[[Request], Union[Tuple[Any, ...], Awaitable[Optional[Tuple[Any, ...]]]]]
