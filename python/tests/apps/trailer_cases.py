"""An ASGI application of no library's that sends trailers: a path for each sequence of messages."""

import json

EVENTS = []
BODY = {"type": "http.response.body", "body": b"x"}
FIRST = dict(BODY, more_body=True)


def start(*headers, **changes):
    return dict({"type": "http.response.start", "status": 200, "headers": list(headers), "trailers": True}, **changes)


def trailers(*pairs, **changes):
    return dict({"type": "http.response.trailers", "headers": list(pairs)}, **changes)


SUM = (b"X-Sum", b"7")

SEQUENCES = {
    "one": [start(), BODY, trailers(SUM)],
    "none": [start(), BODY, trailers()],
    "no_headers": [start(), BODY, {"type": "http.response.trailers"}],
    "several": [start(), FIRST, BODY, trailers(SUM, more_trailers=True), trailers(more_trailers=True), trailers((b"x-sum", b""), (b"x", b"\xff"))],
    "announced": [start((b"trailer", b"x-sum")), BODY, trailers(SUM)],
    "length": [start((b"content-length", b"1")), BODY, trailers(SUM)],
    "no_content": [start(status=204), BODY, trailers(SUM)],
    "grpc": [
        start((b"content-type", b"application/grpc"), (b"trailer", b"grpc-status")),
        dict(BODY, body=b"\0\0\0\0\x01a", more_body=True),
        dict(BODY, body=b""),
        trailers((b"grpc-status", b"0"), (b"grpc-message", b"")),
    ],
    "large": [start(), dict(BODY, body=b"0123456789" * 10_000), trailers(SUM)],
    "longer": [start((b"content-length", b"1")), dict(FIRST, body=b"xy"), BODY, trailers(SUM)],
    "path": [start(), {"type": "http.response.pathsend", "path": __file__}, trailers(SUM)],
    "false": [start(trailers=False), BODY],
}

# The last message of each must raise, with these words in its error.
BROKEN = {
    "unpromised": ([start(trailers=False), FIRST, trailers(SUM)], 'had no "trailers": True'),
    "unpromised_end": ([start(trailers=False), BODY, trailers(SUM)], "after the response was complete"),
    "first": ([trailers(SUM)], "before http.response.start"),
    "before_body": ([start(), trailers(SUM)], "before the end of the body"),
    "within_body": ([start(), FIRST, trailers(SUM)], "before the end of the body"),
    "body_again": ([start(), BODY, BODY], "where http.response.trailers is due"),
    "start_again": ([start(), BODY, start()], "where http.response.trailers is due"),
    "twice": ([start(), BODY, trailers(SUM), trailers(SUM)], "after the response was complete"),
    "shorter": ([start((b"content-length", b"2")), BODY], "shorter than its Content-Length"),
    "length": ([start(), BODY, trailers((b"Content-Length", b"1"))], "Content-Length cannot be a trailer"),
    "coding": ([start(), BODY, trailers((b"transfer-encoding", b"chunked"))], "transfer-encoding cannot be a trailer"),
    "host": ([start(), BODY, trailers((b"host", b"a"))], "host cannot be a trailer"),
    "cookie": ([start(), BODY, trailers((b"Set-Cookie", b"a=b"))], "Set-Cookie cannot be a trailer"),
    "line": ([start(), BODY, trailers((b"a", b"b\r\nc: d"))], "The trailer a has a control character"),
    "nul": ([start(), BODY, trailers((b"a", b"b\0c"))], "The trailer a has a control character"),
    "name": ([start(), BODY, trailers((b"a b", b"c"))], "cannot be the name of a trailer"),
    "no_name": ([start(), BODY, trailers((b"", b"c"))], "cannot be the name of a trailer"),
    "text": ([start(), BODY, trailers(("a", "b"))], "pairs of byte strings"),
    "triple": ([start(), BODY, trailers((b"a", b"b", b"c"))], "pairs of byte strings"),
    "no_list": ([start(), BODY, trailers(headers=None)], "pairs of byte strings"),
    "too_long": ([start(), BODY, trailers((b"a", b"b" * 70_000), more_trailers=True), trailers((b"c", b"d" * 70_000))], "more than 131072"),
}


async def app(scope, receive, send):
    assert scope["type"] == "http"
    name = scope["query_string"].decode()
    if scope["path"] == "/events":
        await answer(send, EVENTS)
    elif scope["path"] == "/extensions":
        await answer(send, sorted(scope["extensions"]))
    elif scope["path"] == "/sends":
        for message in SEQUENCES[name]:
            await send(message)
    elif scope["path"] == "/forgets":
        for message in SEQUENCES[name][:-1]:
            await send(message)
    elif scope["path"] == "/raises":
        for message in SEQUENCES[name][:-1]:
            await send(message)
        raise ValueError("before the trailers")
    elif scope["path"] == "/corrects":
        for message in BROKEN[name][0][:-1]:
            await send(message)
        try:
            await send(BROKEN[name][0][-1])
        except RuntimeError:
            await send(trailers(SUM))
    elif scope["path"] == "/waits":
        for message in SEQUENCES[name][:-1]:
            await send(message)
        while (await receive())["type"] != "http.disconnect":
            pass
        await send(SEQUENCES[name][-1])
        EVENTS.append("sent for nobody")
    else:
        for message in BROKEN[name][0][:-1]:
            await send(message)
        try:
            await send(BROKEN[name][0][-1])
        except Exception as error:
            EVENTS.append([type(error).__name__, str(error)])
            raise


async def answer(send, value):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})
