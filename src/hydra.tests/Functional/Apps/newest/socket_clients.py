"""Clients of other people's making, each against the echo of sockets.py or the server of socketio_app.py: NAME URL. Ends with 0 when all was right."""

import asyncio
import socket
import sys
from urllib.parse import urlsplit

SIZES = [0, 1, 125, 126, 1000, 65_535, 65_536, 1_000_000]


async def websockets(url):
    from websockets.asyncio.client import connect

    for compression in ("deflate", None):
        async with connect(url, compression=compression, max_size=None) as client:
            assert bool(client.protocol.extensions) == (compression is not None)
            for size in SIZES:
                await client.send("é" * (size // 2))
                assert await client.recv() == "é" * (size // 2)
            await client.send(["in ", "", "parts"])
            assert await client.recv() == "in parts"
            await asyncio.gather(*[await client.ping() for _ in range(3)])
            await client.close(4001, "bye")
            assert (client.close_code, client.close_reason) == (4001, "bye")


async def aiohttp(url):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        for compress in (15, 0):
            async with session.ws_connect(url, compress=compress, max_msg_size=0) as client:
                for size in SIZES:
                    await client.send_str("é" * (size // 2))
                    assert await client.receive_str() == "é" * (size // 2)
                await client.close(code=4001)
                assert client.close_code == 4001


async def wsproto(url):
    from wsproto import ConnectionType, WSConnection
    from wsproto.events import AcceptConnection, CloseConnection, Ping, Pong, Request, TextMessage
    from wsproto.extensions import PerMessageDeflate

    address = urlsplit(url)
    for extensions in ([PerMessageDeflate()], []):
        client = WSConnection(ConnectionType.CLIENT)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:

            def exchange(event, kind):
                connection.sendall(client.send(event))
                text = ""
                while True:
                    for got in client.events():
                        if isinstance(got, TextMessage):
                            text += got.data
                            if got.message_finished:
                                return text
                        elif isinstance(got, kind):
                            return got
                    client.receive_data(connection.recv(65536) or None)

            exchange(Request(host=address.netloc, target=address.path, extensions=extensions), AcceptConnection)
            for size in SIZES:
                assert exchange(TextMessage("é" * (size // 2)), TextMessage) == "é" * (size // 2)
            assert bytes(exchange(Ping(b"payload"), Pong).payload) == b"payload"
            assert exchange(CloseConnection(4001, "bye"), CloseConnection).code == 4001


async def socketio(url, transports=("websocket",)):
    import socketio

    client = socketio.AsyncClient()
    added = asyncio.get_running_loop().create_future()
    client.on("added", added.set_result)
    await client.connect(url, transports=list(transports), retry=True)
    assert await client.call("add", [1, 2, 3]) == 6
    assert await added == [1, 2, 3]
    await client.disconnect()


async def socketio_upgrading(url):
    await socketio(url, ("polling", "websocket"))


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(globals()[sys.argv[1]](sys.argv[2]), 60))
