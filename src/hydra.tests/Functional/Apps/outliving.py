"""Starts a program that goes on when its worker has ended."""

import os
import subprocess

# It waits for the test's gate, prints to what it has inherited, and only if that was possible leaves a record.
PROGRAM = """
while [ -d "$1" ] && [ ! -e "$1/gate-$2" ]; do sleep 0.01; done
echo "printed by $2" && echo done > "$1/record-$2"
"""


async def app(scope, receive, send):
    assert scope["type"] == "http"
    key = scope["path"][1:]
    process = subprocess.Popen(["/bin/sh", "-c", PROGRAM, "program", os.environ["PROBE_DIR"], key])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % process.pid})
