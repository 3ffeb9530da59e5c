"""
Tries a server that is not this machine's kind: a page, an upload, TLS with HTTP/1.1, a WebSocket, a worker that dies, a stop.

    trial.py [WORD...] -- [OPTION...]

The words start the server's executable (as: qemu-aarch64-static -L ROOT dist/hydra), the options are the server's. The application is this file.
Needs openssl(1) for the certificate. Exits 0 when all is as it should be, with a line for each.
"""

import hashlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SECONDS = 180


async def app(scope, receive, send):
    """The application, in ASGI."""
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": event + ".complete"})
            if event == "lifespan.shutdown":
                print("lifespan is over", flush=True)
                return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        await send({"type": "websocket.send", "bytes": message["bytes"][::-1]})
        return
    body = hashlib.sha256()
    more = True
    while more:
        event = await receive()
        body.update(event.get("body", b""))
        more = event.get("more_body", False)
    if scope["path"] == "/die":
        os.kill(os.getpid(), 9)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-process", b"%d" % os.getpid())]})
    await send({"type": "http.response.body", "body": body.hexdigest().encode()})


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(url, data=None, context=None):
    with urllib.request.urlopen(url, data, SECONDS, context=context) as answer:
        return answer.read(), answer.headers["x-process"]


def echo(port, message):
    """What a WebSocket gives back (RFC 6455), for a message of less than 64 KiB."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection, connection.makefile("rb") as answers:
        connection.sendall(
            b"GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        while answers.readline() not in (b"\r\n", b""):
            pass
        # Masked with zeroes, by which nothing changes.
        connection.sendall(b"\x82\xfe" + len(message).to_bytes(2, "big") + bytes(4) + message)
        head = answers.read(4)
        return answers.read(int.from_bytes(head[2:], "big")) if head[:2] == b"\x82\x7e" else head


def await_page(process, url):
    """Its first page; a server that ends before has said why."""
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return ask(url)
        except OSError:
            time.sleep(0.2)
    sys.exit("the server has not answered")


def main():
    split = sys.argv.index("--")
    plain, secure = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="hydra-trial-") as directory:
        key, certificate = os.path.join(directory, "key.pem"), os.path.join(directory, "certificate.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
            + ["-keyout", key, "-out", certificate],
            check=True, stderr=subprocess.DEVNULL,
        )
        trusted = ssl.create_default_context(cafile=certificate)
        command = sys.argv[1:split] + ["--app", "trial:app", "--app-dir", os.path.dirname(os.path.abspath(__file__)), "--workers", "1"]
        command += ["--bind", "http://127.0.0.1:%d" % plain, "--bind", "https://127.0.0.1:%d" % secure, "--ssl-certfile", certificate, "--ssl-keyfile", key]
        process = subprocess.Popen(command + sys.argv[split + 1:])
        try:
            found = trial(process, plain, secure, trusted)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    for name, good in found.items():
        print("%-32s %s" % (name, "as it should be" if good else "WRONG"))
    return 0 if all(found.values()) else 1


def trial(process, plain, secure, trusted):
    url = "http://127.0.0.1:%d/" % plain
    large = os.urandom(3_000_000)
    found = {}
    _, first = await_page(process, url)
    found["a page"] = ask(url)[0] == hashlib.sha256(b"").hexdigest().encode()
    found["an upload that streams"] = ask(url, large)[0] == hashlib.sha256(large).hexdigest().encode()
    found["TLS"] = ask("https://127.0.0.1:%d/" % secure, large[:1000], trusted)[0] == hashlib.sha256(large[:1000]).hexdigest().encode()
    found["a WebSocket"] = echo(plain, large[:1000]) == large[:1000][::-1]
    try:
        ask(url + "die", b"once")
        found["a worker that dies: 502"] = False
    except urllib.error.HTTPError as error:
        found["a worker that dies: 502"] = error.code == 502
    # An emulated one takes longer than requests may wait.
    found["and another in its place"] = await_page(process, url)[1] != first
    process.send_signal(signal.SIGTERM)
    found["a stop"] = process.wait(SECONDS) == 0
    return found


if __name__ == "__main__":
    sys.exit(main())
