"""What an application sees of a program around its interpreter."""

import os


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.nice(0)} {len(os.sched_getaffinity(0))} {os.environ.get('HYDRA_WORKER_ID')}".encode()]


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": app({}, lambda status, headers: None)[0]})
