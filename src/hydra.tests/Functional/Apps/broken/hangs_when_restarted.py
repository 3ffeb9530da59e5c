"""Starts, hangs in the second start, and starts again. A request to /exit kills the process."""

import os
import threading
from pathlib import Path

STARTS = Path(os.environ["PROBE_DIR"]) / "starts"
COUNT = len(STARTS.read_text()) if STARTS.exists() else 0
STARTS.write_text("." * (COUNT + 1))
if COUNT == 1:
    threading.Event().wait()


async def app(scope, receive, send):
    if scope["path"] == "/exit":
        os._exit(7)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"start %d" % (COUNT + 1)})
