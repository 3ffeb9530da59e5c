"""Builds the environ dictionary (PEP 3333, "environ Variables")."""

from __future__ import annotations

import sys
from typing import Any, Dict, NamedTuple
from urllib.parse import unquote_to_bytes

from .. import speedups
from ..connection import parse_tls, split_connection
from ..headers import BlockCache, parse_block
from ..streams import request_start
from .files import FileWrapper
from .stream import WsgiStream

_TLS_VERSIONS = {0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class RequestHeaders(NamedTuple):
    """
    What a header block says: the variables of environ, and the host for servers that have no address of their
    own.
    """

    variables: Dict[str, str]
    host: str


def parse_headers(block: bytes) -> RequestHeaders:
    """
    HTTP_* variables, CONTENT_TYPE and CONTENT_LENGTH.

    A name with an underscore cannot be told from the one with a hyphen: the front leaves such names out, unless
    --header-map has it otherwise.
    """
    variables = _native_variables(block) or _variables(block)
    return RequestHeaders(variables, variables.get("HTTP_HOST", ""))


def _variables(block: bytes) -> Dict[str, str]:
    variables: Dict[str, str] = {}
    for raw_name, raw_value in parse_block(block):
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        value = raw_value.decode("latin-1")
        if name == "CONTENT_TYPE":
            variables[name] = value
        elif name == "CONTENT_LENGTH":
            if value:
                variables[name] = value
        else:
            name = "HTTP_" + name
            before = variables.get(name)
            if before is not None:
                # RFC 9110, section 5.3; RFC 6265, section 5.4 for cookies.
                value = before + ("; " if name == "HTTP_COOKIE" else ",") + value
            variables[name] = value
    return variables


def parse_connection(block: bytes) -> Dict[str, str]:
    """The variables that stay the same on a connection."""
    parts = split_connection(block.decode("latin-1"))
    scheme, version, client_host, client_port, server_host, server_port, root_path = parts[:7]
    variables = {
        "SCRIPT_NAME": root_path,
        "wsgi.url_scheme": scheme or "http",
        "SERVER_PROTOCOL": "HTTP/" + version,
        "REMOTE_ADDR": client_host if client_port else "",
    }
    if client_port not in ("", "0"):
        # A proxy that names its client does mostly not name the port.
        variables["REMOTE_PORT"] = client_port
    if server_port:
        variables["SERVER_NAME"] = server_host
        variables["SERVER_PORT"] = server_port
    if scheme == "https":
        variables["HTTPS"] = "on"
    tls = parse_tls(parts)
    if tls is not None:
        # As mod_ssl of Apache names them, whose applications look for them.
        variables["SSL_PROTOCOL"] = _TLS_VERSIONS.get(tls.version, "")
        variables["SSL_CLIENT_VERIFY"] = "SUCCESS" if tls.client_certificate else "NONE"
        if tls.client_certificate:
            variables["SSL_CLIENT_S_DN"] = tls.client_name
            variables["SSL_CLIENT_CERT"] = tls.client_certificate
    return variables


class EnvironBuilder:
    """Makes environs for one worker; remembers the blocks that repeat from request to request."""

    def __init__(self, version: str, multithread: bool, tells_start: bool = False) -> None:
        self._tells_start = tells_start
        self._headers = BlockCache(parse_headers)
        # What is the same for all requests, and for those of a connection.
        self._connections = BlockCache(lambda block: {**base, **parse_connection(block)})
        base: Dict[str, Any] = {
            "SERVER_SOFTWARE": f"hydra/{version}" if version else "hydra",
            "wsgi.version": (1, 0),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": multithread,
            # Of one worker, too: while it is replaced two serve, and SIGTTIN adds another at any time.
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            "wsgi.file_wrapper": FileWrapper,
        }

    def build(self, request: WsgiStream, stream: Any, whole: bool) -> Dict[str, Any]:
        """A fresh environ; `stream` becomes wsgi.input, and has the `whole` body or not."""
        method, raw_path, raw_query, connection, headers = request.head
        fields = self._headers.young.get(headers) or self._headers.get(headers)
        shared = self._connections.young.get(connection) or self._connections.get(connection)
        environ = _fill(shared, fields.variables, method, raw_path, raw_query, stream) or self._fill(shared, request, fields, stream)
        if "SERVER_NAME" not in environ:
            _name_server(environ, fields.host)
        if whole and "CONTENT_LENGTH" not in environ:
            _tell_length(environ, len(request.body))
        if request.queued:
            environ["hydra.queue_time"] = request.queued / 1_000_000
            if self._tells_start:
                _tell_start(environ, request.queued)
        return environ

    @staticmethod
    def _fill(shared: Dict[str, Any], request: WsgiStream, fields: RequestHeaders, stream: Any) -> Dict[str, Any]:
        """What is remembered of the connection and the headers, with what is the request's own."""
        method, raw_path, raw_query, _, _ = request.head
        environ = shared.copy()
        environ.update(fields.variables)
        path = raw_path.decode("latin-1")
        query = raw_query.decode("latin-1")
        environ["REQUEST_METHOD"] = method.decode("latin-1")
        environ["QUERY_STRING"] = query
        environ["RAW_URI"] = environ["REQUEST_URI"] = f"{path}?{query}" if query else path
        if "%" in path:
            path = unquote_to_bytes(raw_path).decode("latin-1")
        root = environ["SCRIPT_NAME"]
        if root and (path == root or path.startswith(root + "/")):
            # As gunicorn has it: a proxy that has not taken the prefix off.
            path = path[len(root) :]
        # "OPTIONS *" asks about the server; PATH_INFO is empty or begins with a slash.
        environ["PATH_INFO"] = path if path != "*" else ""
        environ["wsgi.input"] = stream
        return environ


def _not_here(*_: Any) -> None:
    """Where there is no native part."""


# The variables of a header block, or None for what Python is to look at.
_native_variables: Any = speedups.module.header_variables if speedups.module is not None else _not_here
# None where the path is to be decoded or shortened.
_fill: Any = speedups.module.fill_environ if speedups.module is not None else _not_here


def _name_server(environ: Dict[str, Any], host: str) -> None:
    """
    A Unix socket has no name and no port, and neither may be empty: what the client asked for takes their
    place.
    """
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        name, port = host, ""
    environ["SERVER_NAME"] = name or "localhost"
    environ["SERVER_PORT"] = port if port.isdigit() else _DEFAULT_PORTS.get(environ["wsgi.url_scheme"], "80")


def _tell_start(environ: Dict[str, Any], microseconds: int) -> None:
    """
    When the request came that has waited: in the header that proxies send, and tools for monitoring read as
    theirs.
    """
    environ.setdefault("HTTP_X_REQUEST_START", f"t={request_start(microseconds)}")


def _tell_length(environ: Dict[str, Any], length: int) -> None:
    """
    The whole body is here: as behind a proxy that buffers, it has a length, which is all that Django and
    Flask look at.
    """
    if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None or length:
        environ["CONTENT_LENGTH"] = str(length)
