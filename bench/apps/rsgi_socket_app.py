"""The RSGI application of the benchmark for WebSockets: an echo. HTTP gets hello."""


async def app(scope, protocol):
    """Every message comes back as it is."""
    if scope.proto != "ws":
        protocol.response_str(200, [("content-type", "text/plain; charset=utf-8")], "Hello, World!")
        return
    socket = await protocol.accept()
    while True:
        message = await socket.receive()
        if message.kind == 0:
            return
        if message.kind == 2:
            await socket.send_str(message.data)
        else:
            await socket.send_bytes(message.data)
