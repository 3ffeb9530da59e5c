"""Does not get ready before the test opens the gate."""

from signals_board import blocking_gate, record

record("slow-start", "importing")
blocking_gate("slow-start")


async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ready at last"})
