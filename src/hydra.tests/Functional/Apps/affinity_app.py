"""An application that says what it is told of its keys, as ASGI (`app`) and as WSGI (`wsgi`).

/slow/KEY waits for the gate of that name; /die ends the process; anything else answers at once.
"""

import json
import os

from signals_board import blocking_gate, gate, record


def answer(key, moved):
    return {"pid": os.getpid(), "worker": int(os.environ["HYDRA_WORKER_ID"]), "key": key, "moved": moved}


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    headers = {}
    for name, value in scope["headers"]:
        assert name not in headers or name == b"cookie", name
        headers[name] = value.decode("latin-1")
    body = json.dumps(answer(headers.get(b"x-hydra-affinity"), headers.get(b"x-hydra-affinity-moved")))
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": body})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    if scope["path"].startswith("/slow/"):
        name = scope["path"][len("/slow/"):]
        record(name, "here")
        await gate(name)
    if scope["path"] == "/die":
        os._exit(3)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body.encode()})


def wsgi(environ, start_response):
    if environ["PATH_INFO"].startswith("/slow/"):
        name = environ["PATH_INFO"][len("/slow/"):]
        record(name, "here")
        blocking_gate(name)
    body = json.dumps(answer(environ.get("HTTP_X_HYDRA_AFFINITY"), environ.get("HTTP_X_HYDRA_AFFINITY_MOVED")))
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body.encode()]
