"""Hydra's own interface, by path."""

from hydra_raw import Request, Response


def app(request: Request) -> object:
    if request.is_websocket:
        return socket(request)
    if request.path == "/echo":
        return 200, [], request.body
    if request.path == "/stream":
        return Response(body=numbers())
    return coroutine(request)


async def numbers():
    for number in range(3):
        yield str(number)


async def coroutine(request: Request) -> Response:
    return Response(body=f"{request.scheme} {request.headers.get('none')}")


async def socket(request: Request) -> None:
    socket = await request.accept()
    async for message in socket:
        await socket.send(message)
