"""RSGI by path, for hydra and for granian: what clients see of both is compared."""

import json
import os

from signals_board import gate, record

TEXT = [("content-type", "text/plain")]
PATHS = {}


def path(function):
    PATHS[function.__name__] = function
    return function


class App:
    def __rsgi_init__(self, loop):
        async def begin():
            record("life", "begun")

        loop.run_until_complete(begin())

    def __rsgi_del__(self, loop):
        async def end():
            record("life", "ended")

        loop.run_until_complete(end())

    async def __rsgi__(self, scope, protocol):
        _, name, *rest = scope.path.split("/")
        await PATHS[name](scope, protocol, *rest)


app = App()


async def function(scope, protocol):
    protocol.response_str(200, TEXT, "a function")


@path
async def scope(scope, protocol, *rest):
    names = "proto rsgi_version http_version scheme method path query_string authority".split()
    found = {name: getattr(scope, name) for name in names}
    headers = scope.headers
    found["headers"] = [pair for pair in headers.items() if pair[0] != "host"]
    found["mapping"] = [
        sorted(headers.keys()),
        headers.get("x-one"),
        headers.get("X-ONE", "other"),
        headers.get("none"),
        headers.get("none", "other"),
        headers.get_all("x-one"),
        headers.get_all("none"),
        "X-One" in headers,
        "none" in headers,
        len(headers),
    ]
    found["ports"] = [address.rpartition(":")[0] for address in (scope.client, scope.server)]
    protocol.response_str(200, [("content-type", "application/json")], json.dumps(found))


@path
async def empty(scope, protocol, status="204"):
    protocol.response_empty(int(status), [("x-a", "1"), ("x-a", "2")])


@path
async def text(scope, protocol):
    protocol.response_str(200, TEXT, "tëxt")


@path
async def large(scope, protocol):
    protocol.response_bytes(200, TEXT, bytes(range(256)) * 8192)


@path
async def twice(scope, protocol):
    protocol.response_str(201, TEXT, "first")
    protocol.response_str(500, TEXT, "second")


@path
async def echo(scope, protocol):
    protocol.response_bytes(200, TEXT, await protocol())


@path
async def lengths(scope, protocol):
    transport = protocol.response_stream(200, TEXT)
    size = 0
    async for chunk in protocol:
        size += len(chunk)
    await transport.send_str(str(size))


@path
async def again(scope, protocol):
    await protocol()
    found = []
    for call in (protocol, protocol.__aiter__, lambda: protocol.response_file_range(200, [], "x", 5, 5)):
        try:
            call()
        except Exception as error:
            found.append(type(error).__name__)
    protocol.response_str(200, TEXT, " ".join(found))
    try:
        protocol.response_stream(200, TEXT)
    except Exception as error:
        record("again", type(error).__name__)


@path
async def stream(scope, protocol, count="3"):
    transport = protocol.response_stream(202, TEXT)
    for number in range(int(count)):
        await transport.send_bytes(b"%d," % number)
        await transport.send_str("ü;")


@path
async def fails(scope, protocol):
    raise ValueError("as asked")


@path
async def fails_later(scope, protocol):
    protocol.response_str(200, TEXT, "whole")
    raise ValueError("after the response")


@path
async def nothing(scope, protocol):
    pass


@path
async def file(scope, protocol, name="rsgi_probe.py", start="", end=""):
    name = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    if start:
        protocol.response_file_range(206, TEXT, name, int(start), int(end))
    else:
        protocol.response_file(200, TEXT, name)


@path
async def leaves(scope, protocol, key):
    transport = protocol.response_stream(200, TEXT)
    await transport.send_bytes(b"begun")
    await protocol.client_disconnect()
    record(key, "left")


@path
async def for_ever(scope, protocol, key):
    transport = protocol.response_stream(200, TEXT)
    try:
        while True:
            await transport.send_bytes(bytes(10_000))
    except RuntimeError as error:
        record(key, type(error).__name__)
        raise


@path
async def gated(scope, protocol, key):
    transport = protocol.response_stream(200, TEXT)
    await transport.send_str("first")
    await gate(key)
    await transport.send_str("second")


@path
async def socket(scope, protocol, key=""):
    transport = await protocol.accept()
    while True:
        message = await transport.receive()
        if message.kind == 0:
            break
        if message.data == "close":
            protocol.close()
            break
        if message.data == "return":
            return
        if message.data == "fail":
            raise ValueError("as asked")
        if message.data == "proto":
            await transport.send_str(f"{scope.proto} {scope.method} {scope.path}")
        elif message.kind == 1:
            await transport.send_bytes(message.data)
        else:
            await transport.send_str(message.data)
    errors = []
    for late in (lambda: transport.send_str("late"),):
        try:
            await late()
        except RuntimeError as error:
            errors.append(type(error).__name__)
    if key:
        record(key, f"over {' '.join(errors)}")


@path
async def deny(scope, protocol, status="403"):
    protocol.close(int(status))
