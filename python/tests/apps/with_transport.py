"""Makes the shim use the transport that it has for Windows."""

from hydra_worker.eventloop import transports

from asgi_cases import app  # noqa: F401

transports.SocketLink = transports.ProtocolLink
