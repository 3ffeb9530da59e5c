"""
Requests by their routes, for --metrics-routes: the application is wrapped only where that is asked for. What the route was is
read from what frameworks leave in the scope or the environ, when the application has returned.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from time import perf_counter
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from . import native
from .counting import labels_text
from .logs import logger

NAME = "hydra_route_duration_seconds"
# Seconds: those of the front's own histograms.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# What is counted apart; further routes are one.
MOST = 500
NONE = "(none)"
OTHER = "(other)"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"))
# Where Django's requests leave theirs.
_KEY = "hydra.route"

Key = Tuple[str, str, str]


class RouteCounts:
    """Counts requests. Any thread."""

    __slots__ = ("_lock", "_series")

    def __init__(self) -> None:
        self._lock = native.Lock()
        # For each method, route and class of the status the buckets, each for what is not in a smaller one, then the seconds.
        self._series: Dict[Key, List[float]] = {}

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request is over."""
        if method not in _METHODS:
            method = OTHER
        key = (method, route, f"{status // 100}xx" if 100 <= status <= 599 else "5xx")
        with self._lock:
            series = self._series.get(key)
            if series is None:
                if len(self._series) >= MOST:
                    key = (method, OTHER, key[2])
                series = self._series.setdefault(key, [0.0] * (len(BOUNDS) + 2))
            series[bisect_left(BOUNDS, seconds)] += 1
            series[-1] += seconds

    def lines(self) -> List[str]:
        """As COLLECTED has them."""
        with self._lock:
            copy = [(key, list(series)) for key, series in self._series.items()]
        lines = [f"T histogram all {NAME}", "H Requests by their routes: how long the application took for them."]
        for (method, route, status), series in copy:
            labels = [("method", method), ("route", route), ("status", status)]
            count = 0
            for bound, more in zip(BOUNDS, series):
                count += int(more)
                lines.append(f"S {NAME}_bucket{labels_text([*labels, ('le', bound)])} {count}")
            count += int(series[len(BOUNDS)])
            lines.append(f"S {NAME}_bucket{labels_text([*labels, ('le', '+Inf')])} {count}")
            text = labels_text(labels)
            lines.append(f"S {NAME}_sum{text} {series[-1]!r}")
            lines.append(f"S {NAME}_count{text} {count}")
        return lines if copy else []


def wrap(interface: str, application: Any, counts: RouteCounts) -> Any:
    """The application, or what counts its requests in its place."""
    if interface not in ("asgi", "wsgi"):
        logger.warning("Requests are counted by their routes for ASGI and WSGI: this is %s.", interface)
        return application
    _watch_django()
    return _asgi(application, counts) if interface == "asgi" else _wsgi(application, counts)


# ---- ASGI


def _asgi(application: Any, counts: RouteCounts) -> Callable[[Any, Any, Any], Any]:
    async def counted(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        status = 500
        ended = 0.0

        async def noting(message: Any) -> None:
            nonlocal status, ended
            kind = message["type"]
            if kind == "http.response.start":
                status = message["status"]
            elif not message.get("more_body"):
                # What the application does behind its response is not for the client.
                ended = perf_counter()
            await send(message)

        started = perf_counter()
        try:
            await application(scope, receive, noting)
        finally:
            counts.add(scope["method"], _of_scope(scope), status, (ended or perf_counter()) - started)

    return counted


def _of_scope(scope: Any) -> str:
    """The route of a request that is over; NONE where none has taken it, or its framework does not say."""
    try:
        route = scope.get(_KEY) or scope.get("path_template")
        if isinstance(route, str):
            return route
        found = _pattern(_effective(scope) or scope.get("route"))
        if found is None:
            found = _searched(scope)
            return NONE if found is None else found
        return _mounted(scope) + found
    except Exception:
        # What an application keeps under these names may be anything.
        return NONE


def _effective(scope: Any) -> Any:
    """FastAPI's, which keeps the routers that a route is included by apart from the route."""
    inner = scope.get("fastapi")
    return inner.get("effective_route_context") if isinstance(inner, dict) else None


def _pattern(route: Any) -> Optional[str]:
    for name in ("path_format", "path"):
        path = getattr(route, name, None)
        if isinstance(path, str):
            return path
    return None


def _mounted(scope: Any) -> str:
    """The paths of the mounts that a request has come through, with the names of parameters in the place of what they were."""
    outer = scope.get("app_root_path")
    root = scope.get("root_path", "")
    if not isinstance(outer, str) or not root.startswith(outer) or len(root) == len(outer):
        return ""
    names = {str(value): name for name, value in (scope.get("path_params") or {}).items()}
    return "/".join("{%s}" % names[part] if part in names else part for part in root[len(outer) :].split("/"))


def _searched(scope: Any) -> Optional[str]:
    """Starlette's, which did not always say which route it has found: the first of its endpoint's with these parameters."""
    endpoint = scope.get("endpoint")
    router = scope.get("router")
    if endpoint is None or router is None:
        return None
    parameters = set(scope.get("path_params") or ())
    for path, route in _all_routes(router, "", 0):
        if getattr(route, "endpoint", None) is endpoint and parameters == _names_in(path):
            return path
    return None


def _names_in(path: str) -> "set[str]":
    return {part.split("}", 1)[0] for part in path.split("{")[1:]}


def _all_routes(router: Any, prefix: str, depth: int) -> Iterator[Tuple[str, Any]]:
    for route in getattr(router, "routes", None) or ():
        path = _pattern(route)
        if path is None or depth > 8:
            continue
        if getattr(route, "endpoint", None) is None:
            # A mount's ends with the path that is left for what is mounted.
            yield from _all_routes(route, prefix + path.replace("/{path}", ""), depth + 1)
        else:
            yield prefix + path, route


# ---- WSGI


def _wsgi(application: Any, counts: RouteCounts) -> Callable[[Any, Any], Any]:
    def counted(environ: Any, start_response: Any) -> Any:
        request = _Request(counts, environ)

        def noting(status: str, headers: Any, exc_info: Any = None) -> Any:
            request.begin(status)
            return start_response(status, headers) if exc_info is None else start_response(status, headers, exc_info)

        try:
            body = application(environ, noting)
        except BaseException:
            request.fail()
            raise
        # These are whole, and what the server looks for.
        if isinstance(body, (list, tuple, bytes)) or type(body) is environ.get("wsgi.file_wrapper"):
            request.end()
            return body
        return _Body(body, request)

    return counted


class _Request:
    """A WSGI request under way."""

    __slots__ = ("_status", "_rule", "_counts", "_environ", "_started", "_root")

    def __init__(self, counts: RouteCounts, environ: Any) -> None:
        self._status = ""
        self._rule: Any = None
        self._counts = counts
        self._environ = environ
        self._root = environ.get("SCRIPT_NAME", "")
        self._started = perf_counter()

    def begin(self, status: str) -> None:
        """The response begins. Flask does not leave its request in the environ for longer than that."""
        self._status = status
        try:
            self._rule = getattr(self._environ.get("werkzeug.request"), "url_rule", None)
        except Exception:
            # What an application keeps there may be anything.
            self._rule = None

    def fail(self) -> None:
        """The application has raised."""
        self._status = "500"
        self.end()

    def end(self) -> None:
        """It is over."""
        seconds = perf_counter() - self._started
        status = self._status[:3]
        route = _of_environ(self._environ, self._root, self._rule)
        self._counts.add(self._environ.get("REQUEST_METHOD", ""), route, int(status) if status.isdigit() else 500, seconds)


class _Body:
    """A response that comes in pieces, as the application has returned it."""

    __slots__ = ("_body", "_pieces", "_request")

    def __init__(self, body: Any, request: _Request) -> None:
        self._body = body
        self._pieces: Optional[Iterator[Any]] = None
        self._request: Optional[_Request] = request

    def __iter__(self) -> "_Body":
        self._pieces = iter(self._body)
        return self

    def __next__(self) -> Any:
        try:
            return next(self._pieces)  # type: ignore[arg-type]
        except StopIteration:
            self._over()
            raise
        except BaseException:
            request, self._request = self._request, None
            if request is not None:
                request.fail()
            raise

    def close(self) -> None:
        """PEP 3333: called in any case."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._over()

    def _over(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            request.end()


def _of_environ(environ: Any, root: str, rule: Any) -> str:
    """The route of a request that is over; NONE where none has taken it, or its framework does not say."""
    try:
        route = environ.get(_KEY)
        if isinstance(route, str):
            return route
        # Flask's, or Bottle's.
        path = getattr(environ.get("bottle.route") if rule is None else rule, "rule", None)
        if not isinstance(path, str):
            return NONE
        now = environ.get("SCRIPT_NAME", "")
        return (now[len(root) :] if now.startswith(root) else "") + path
    except Exception:
        return NONE


# ---- Django


def _watch_django() -> None:
    """
    Django keeps what it has found with its request, which nobody outside sees. Its handlers find it by a method, `resolve_request`, that
    is called once for each request.
    """
    handler = getattr(sys.modules.get("django.core.handlers.base"), "BaseHandler", None)
    resolve = getattr(handler, "resolve_request", None)
    if resolve is None or hasattr(resolve, "hydra"):
        return

    def resolve_request(self: Any, request: Any) -> Any:
        match = resolve(self, request)
        carrier = getattr(request, "scope", None)
        if carrier is None:
            carrier = getattr(request, "environ", None)
        if isinstance(carrier, dict):
            carrier[_KEY] = "/" + match.route
        return match

    resolve_request.hydra = True  # type: ignore[attr-defined]
    handler.resolve_request = resolve_request
