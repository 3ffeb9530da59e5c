"""A page that opens WebSockets and reports by fetch() what has become of them; what the application has seen is recorded."""

import json

from signals_board import record

PAGE = b"""<!doctype html><title>sockets</title><script>
const address = location.href.replace(/^http/, "ws");
const next = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));
async function open(path, protocols) {
  const socket = new WebSocket(address + path, protocols);
  socket.binaryType = "arraybuffer";
  const opened = await Promise.race([next(socket, "open"), next(socket, "close")]);
  return [socket, opened.type];
}
async function ask(socket, message) {
  socket.send(message);
  return (await next(socket, "message")).data;
}
async function run() {
  const seen = {};
  const [socket] = await open("echo", ["chat", "other"]);
  seen.protocol = socket.protocol;
  seen.extensions = socket.extensions;
  seen.texts = [];
  for (const size of [0, 125, 126, 70000, 1000000]) {
    const text = "\\u00fc\\u{1d11e}".repeat(size / 3);
    seen.texts.push((await ask(socket, text)) === text);
  }
  const bytes = new Uint8Array(100000).map((_, i) => i * 7);
  const back = new Uint8Array(await ask(socket, bytes));
  seen.binary = back.length === bytes.length && back.every((byte, i) => byte === bytes[i]);
  const closing = next(socket, "close");
  socket.close(4001, "from the page");
  const closed = await closing;
  seen.closed = [closed.code, closed.reason, closed.wasClean];
  const [other] = await open("echo");
  const ended = next(other, "close");
  other.send("close");
  const end = await ended;
  seen.ended = [end.code, end.reason, end.wasClean, other.protocol];
  seen.denied = (await open("deny"))[1];
  return seen;
}
run().catch((error) => ({ error: String(error) })).then((seen) => fetch("report", { method: "POST", body: JSON.stringify(seen) }));
</script>"""


async def app(scope, receive, send):
    if scope["type"] == "http":
        body = b""
        while scope["path"] == "/report":
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                record("report", json.dumps(json.loads(body), sort_keys=True))
                break
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html; charset=utf-8")]})
        await send({"type": "http.response.body", "body": PAGE if scope["path"] == "/" else b""})
    elif scope["type"] == "websocket":
        await serve(scope, receive, send)


async def serve(scope, receive, send):
    await receive()
    if scope["path"] == "/deny":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            record("version", scope["http_version"])
            record("codes", f"{message['code']} {message['reason']}")
            return
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4002, "reason": "from the application"})
        elif message.get("text") is not None:
            await send({"type": "websocket.send", "text": message["text"]})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})
