"""A chat: hydra --app-dir examples/chat --workers 4 chat:app, then open it in several windows.

Each room is a topic. A worker sees a message once, when it is said; the server writes it to everybody in the room.
"""

import json
from urllib.parse import parse_qs

from hydra_server import pubsub

PAGE = b"""<!doctype html><title>Chat</title><pre id=log></pre><input id=text autofocus placeholder="say something">
<script>
const name = prompt("Who are you?") || "somebody"
const socket = new WebSocket(location.href.replace(/^http/, "ws") + "?" + new URLSearchParams({name}))
const show = line => { log.textContent += line + "\\n" }
socket.onmessage = ({data}) => {
  const told = JSON.parse(data)
  show(told.event ? `* ${told.member} ${told.event === "join" ? "has come" : "has left"}` : told.here ? `* here: ${told.here.join(", ")}` : `${told.name}: ${told.text}`)
}
text.onchange = () => { socket.send(text.value); text.value = "" }
</script>"""


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await chat(scope, receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html; charset=utf-8")]})
        await send({"type": "http.response.body", "body": PAGE})


async def chat(scope, receive, send):
    room = "room:" + scope["path"]
    name = parse_qs(scope["query_string"].decode()).get("name", ["somebody"])[0]
    await send({"type": "websocket.accept"})
    # A client that falls far behind is closed, and comes again.
    await pubsub.subscribe(scope, room, member=name, events=True, slow="close")
    here = [member.name for member in await pubsub.apresence(room)]
    await send({"type": "websocket.send", "text": json.dumps({"here": here})})
    await receive()  # websocket.connect
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await pubsub.apublish(room, json.dumps({"name": name, "text": message.get("text") or ""}))
