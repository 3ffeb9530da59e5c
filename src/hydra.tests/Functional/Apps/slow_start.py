"""An application whose import waits as long as a file with the name "wait" lies in the directory."""

import os
import time

while os.path.exists(os.path.join(os.environ["PROBE_DIR"], "wait")):
    time.sleep(0.005)


async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
