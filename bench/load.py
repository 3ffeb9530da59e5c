"""Requests, their validation, and bursts of load with wrk."""

import http.client
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

HELLO = b"Hello, World!"

# wrk builds the request once; `done` prints what the report needs as one line of JSON.
DONE = """
function done(s, latency)
  local e = s.errors
  io.write(string.format('RESULT {"requests":%d,"microseconds":%d,"bytes":%d,"connect":%d,"read":%d,"write":%d,' ..
    '"timeout":%d,"status":%d,"p50":%f,"p90":%f,"p99":%f}\\n', s.requests, s.duration, s.bytes, e.connect, e.read,
    e.write, e.timeout, e.status, latency:percentile(50), latency:percentile(90), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Request:
    """A request and the answer that it must get."""

    path: str = "/"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    status: int = 200
    # None: any body will do.
    answer: bytes | None = HELLO

    def validate(self, port: int) -> None:
        """Raises unless the server gives the right answer, several times."""
        for _ in range(5):
            try:
                status, body = fetch(port, self, 5)
            except OSError as error:
                raise LoadFailure(f"no answer to {self.method} {self.path}: {error}") from error
            if status != self.status:
                raise LoadFailure(f"{self.method} {self.path} was answered {status}, expected {self.status}")
            if self.answer is not None and body != self.answer:
                raise LoadFailure(f"{self.method} {self.path}: a wrong body of {len(body)} bytes: {body[:60]!r}")

    def burst(self, port: int, connections: int, seconds: int) -> dict:
        """Loads the server for some seconds and returns wrk's figures."""
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            path = Path(directory) / "request.lua"
            path.write_text(script(self))
            command = ["wrk", f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(path),
                       f"http://127.0.0.1:{port}{self.path}"]
            try:
                output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30).stdout
            except subprocess.TimeoutExpired as error:
                raise LoadFailure("wrk did not come to an end") from error
        line = next((line for line in output.splitlines() if line.startswith("RESULT ")), None)
        if line is None:
            raise LoadFailure(f"wrk gave no figures: {output.strip()[-200:]}")
        figures = json.loads(line[len("RESULT "):].replace("-nan", "0").replace("nan", "0"))
        if not figures["requests"]:
            raise LoadFailure(f"no request was answered; errors: {errors_of(figures, self, closes=False)}")
        return figures


class LoadFailure(Exception):
    """An answer was wrong, or a burst gave no figures."""


def fetch(port: int, request: Request, seconds: float) -> tuple[int, bytes]:
    """One request on a connection of its own: status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(request.method, request.path, request.body or None, dict(request.headers))
        response = connection.getresponse()
        return response.status, response.read()
    except http.client.HTTPException as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


def script(request: Request) -> str:
    """The wrk script for the request."""
    def quote(value: bytes) -> str:
        return '"' + "".join(f"\\{byte:03d}" for byte in value) + '"'

    lines = [f"wrk.method = {quote(request.method.encode())}"]
    lines += [f"wrk.headers[{quote(name.encode())}] = {quote(value.encode())}" for name, value in request.headers]
    lines += [f"wrk.body = {quote(request.body)}"] if request.body else []
    return "\n".join(lines) + DONE


def errors_of(figures: dict, request: Request, closes: bool) -> dict[str, int]:
    """What went wrong in a burst, by kind; empty when nothing did."""
    # wrk counts every status above 399; of a request that is to be refused it must have counted all.
    wrong_status = figures["requests"] - figures["status"] if request.status >= 400 else figures["status"]
    found = {
        "wrong status": max(0, wrong_status),
        "connect": figures["connect"],
        "read": 0 if closes else figures["read"],
        "write": figures["write"],
        "timeout": figures["timeout"],
    }
    if request.answer and figures["bytes"] < figures["requests"] * len(request.answer):
        found["short answers"] = 1
    return {kind: count for kind, count in found.items() if count}
