"""
Counters under fire: python3 bench/counter.py HYDRA [INCREMENTS] [WORKERS] [STATE], a million by 8 workers unless it is said.

A worker is killed (SIGKILL) every second while all of them count. Each step adds one to two counters of hydra_server.state, one of them with an idempotency key, and
then notes in a file what the two calls gave: that is what was acknowledged, and it outlives the worker. Requests of 100 steps, which are under way together, are sent until they are answered, so what a
killed worker had begun is done again with the same keys. In the end the account is printed; the exit code is 1 where it does not add up. Needs nothing but Python.
"""

import collections
import http.client
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

APP = """
import asyncio
import os

from hydra_server import state

LOG = os.open(os.environ["COUNTER_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


async def step(number):
    exact = await state.aincr("exact", once="step %d" % number)
    plain = await state.aincr("plain")
    os.write(LOG, b"%d %d %d\\n" % (number, exact, plain))


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    body = ""
    if scope["path"] == "/sums":
        body = "%d %d" % (await state.aget("exact"), await state.aget("plain"))
    else:
        first = int(scope["query_string"])
        await asyncio.gather(*map(step, range(first, first + STEPS)))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body.encode()})
"""
STEPS = 100
CLIENTS = 32
# Of a worker.
AT_A_TIME = 4


class Requests:
    """The batches that are left, and what became of those that were sent. Any thread."""

    def __init__(self, port, count):
        self.port = port
        self.left = collections.deque(range(0, count, STEPS))
        self.done = 0
        self.again = 0

    def send_all(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        while True:
            try:
                first = self.left.popleft()
            except IndexError:
                return
            while not self._send(connection, first):
                self.again += 1
            self.done += 1

    @staticmethod
    def _send(connection, first):
        try:
            connection.request("GET", f"/add?{first}")
            response = connection.getresponse()
            response.read()
            return response.status == 200
        except (OSError, http.client.HTTPException):
            connection.close()
            return False


def workers_of(server):
    """The processes below the server that serve: those without children of their own."""
    children = collections.defaultdict(list)
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                children[int(fields[1])].append(int(entry.name))
    found, below = [], list(children[server])
    while below:
        pid = below.pop()
        (below.extend if children[pid] else found.append)(children[pid] or pid)
    return found


def account(notes, count, exact_sum, plain_sum, kills):
    """What was acknowledged, and what is wrong with it."""
    given, again, plain = {}, 0, set()
    changed = twice = lines = 0
    for line in notes:
        number, exact, sum_now = map(int, line.split())
        lines += 1
        again += number in given
        changed += given.setdefault(number, exact) != exact
        twice += sum_now in plain
        plain.add(sum_now)
    unknown = plain_sum - lines
    wrong = {
        "steps without an acknowledgement": count - len(given),
        "keys that gave two sums": changed,
        "sums with a key that are missing or double": count - len(set(given.values()) & set(range(1, count + 1))),
        "counter with a key, too much or too little": abs(exact_sum - count),
        "sums without a key that were given twice": twice,
        "acknowledged without a key, and lost": max(0, -unknown),
        "done without a key and never acknowledged, beyond what a worker has under way": max(0, unknown - kills * AT_A_TIME * STEPS),
    }
    print(f"with a key:    {count:,} steps, {again:,} of them done again after a kill; the counter is {exact_sum:,}")
    print(f"without a key: {lines:,} acknowledged; the counter is {plain_sum:,}: {unknown} were done in the moment of a kill")
    for what, number in wrong.items():
        if number:
            print(f"WRONG: {what}: {number:,}")
    return any(wrong.values())


def run(hydra, count, workers, place):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hydra-counter-"))
    (directory / "counter_bench.py").write_text(f"STEPS = {STEPS}\n" + APP)
    log = directory / "acknowledged"
    arguments = ["--workers", str(workers), "--limit-concurrency", str(AT_A_TIME), "--bind", "127.0.0.1:0", "--state", place]
    # Each key takes some 300 bytes for ten minutes.
    arguments += ["--state-memory", f"{64 + count * 400 // (1 << 20)}m"]
    server = subprocess.Popen(
        [hydra, "counter_bench:app", "--app-dir", str(directory), *arguments], stderr=subprocess.PIPE, text=True, env={**os.environ, "COUNTER_LOG": str(log)}
    )
    lines = []
    while not (found := re.search(r"http://127.0.0.1:(\d+)", lines[-1] if lines else "")):
        lines.append(server.stderr.readline())
        assert lines[-1], "".join(lines)
    threading.Thread(target=lambda: lines.extend(server.stderr), daemon=True).start()
    requests = Requests(int(found[1]), count)
    clients = [threading.Thread(target=requests.send_all, daemon=True) for _ in range(CLIENTS)]
    started = time.monotonic()
    for client in clients:
        client.start()
    kills = 0
    while any(client.is_alive() for client in clients):
        time.sleep(1)
        if alive := workers_of(server.pid):
            os.kill(random.choice(alive), signal.SIGKILL)
            kills += 1
    took = time.monotonic() - started
    connection = http.client.HTTPConnection("127.0.0.1", requests.port, timeout=120)
    connection.request("GET", "/sums")
    sums = connection.getresponse().read().split()
    server.terminate()
    server.wait()
    print(f"{workers} workers, {took:.0f} s, {kills} times one was killed; {requests.done:,} requests of {STEPS} steps, {requests.again:,} sent again by their client")
    with log.open() as notes:
        is_wrong = account(notes, count, int(sums[0]), int(sums[1]), kills)
    shutil.rmtree(directory)
    return is_wrong


if __name__ == "__main__":
    options = sys.argv[2:]
    sys.exit(run(sys.argv[1], int(options[0]) if options else 1_000_000, int(options[1]) if len(options) > 1 else 8, options[2] if len(options) > 2 else "memory"))
