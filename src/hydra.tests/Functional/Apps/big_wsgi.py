"""Large bodies through WSGI: /down/BYTES[/slow] sends them, /up[/slow] hashes what comes."""

import hashlib
import time

import big_data

PAUSE = 0.02
PAUSE_EVERY = 4 * 1024 * 1024


def app(environ, start_response):
    name, *rest = environ["PATH_INFO"].strip("/").split("/")
    slow = rest[-1:] == ["slow"]
    if name == "up":
        body = up(environ["wsgi.input"], slow)
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return down(int(rest[0]), slow)


def down(total, slow):
    sent = 0
    for block in big_data.blocks(total):
        yield block
        sent += len(block)
        if slow and sent % PAUSE_EVERY == 0:
            time.sleep(PAUSE)


def up(stream, slow):
    sha, length, paused = hashlib.sha256(), 0, 0
    while True:
        piece = stream.read(64 * 1024)
        if not piece:
            return f"{length} {sha.hexdigest()}".encode()
        sha.update(piece)
        length += len(piece)
        if slow and length - paused >= PAUSE_EVERY:
            paused = length
            time.sleep(PAUSE)
