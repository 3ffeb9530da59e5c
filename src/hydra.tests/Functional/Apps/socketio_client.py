"""The client of socketio_app.py: URL. Ends with 0 when each of several clients, of both workers, has heard each thing once."""

import asyncio
import sys

import socketio


async def main(url):
    heard, workers, clients = {}, set(), []
    done = asyncio.Event()

    async def connect(number):
        client = socketio.AsyncClient()
        heard[number] = []
        first = asyncio.get_running_loop().create_future()
        client.on("worker", lambda pid: first.done() or first.set_result(pid))

        @client.on("said")
        async def said(text):
            heard[number].append(text)
            if all(len(texts) >= 20 for texts in heard.values()):
                done.set()

        @client.on("raw")
        async def raw(data):
            heard[number].append(data)

        await client.connect(url, transports=["websocket"])
        workers.add(await asyncio.wait_for(first, 30))
        clients.append(client)

    for number in range(8):
        await connect(number)
    assert len(workers) == 2, workers
    await clients[0].emit("raw", b"\0\1")
    while not all(texts == [b"\0\1"] for number, texts in heard.items() if number):
        await asyncio.sleep(0.001)
    for texts in heard.values():
        texts.clear()
    for i in range(20):
        await clients[i % 8].emit("say", str(i))
    await asyncio.wait_for(done.wait(), 30)
    assert all(sorted(texts, key=int) == [str(i) for i in range(20)] for texts in heard.values()), heard
    for texts in heard.values():
        texts.clear()
    assert await clients[0].call("thread", "from a thread") == "heard"
    while not all(texts == ["from a thread"] for texts in heard.values()):
        await asyncio.sleep(0.001)
    for client in clients:
        await client.disconnect()


asyncio.run(asyncio.wait_for(main(sys.argv[1]), 60))
