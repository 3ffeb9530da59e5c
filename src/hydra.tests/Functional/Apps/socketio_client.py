"""The client of socketio_app.py and socketio_threads.py: URL, transport. Ends with 0 when each of several clients, of both workers, has heard each thing once."""

import asyncio
import sys

import aiohttp
import socketio
from engineio.payload import Payload

# Of what comes with one poll it takes no more than 16 packets else, and goes.
Payload.max_decode_packets = 100


async def until(condition):
    while not condition():
        await asyncio.sleep(0.001)


async def main(url, transport):
    heard, workers, clients, left = {}, {}, [], []

    async def connect(number):
        # A cookie that names the worker is of a host without a name as well.
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        client = socketio.AsyncClient(http_session=session, reconnection=False)
        heard[number] = []
        first = asyncio.get_running_loop().create_future()
        client.on("worker", lambda pid: first.done() or first.set_result(pid))
        client.on("asked", lambda text: [text, number, b"\0"])
        client.on("left", lambda data: left.append((number, data[0], data[1])))

        @client.on("said")
        async def said(text):
            heard[number].append(text)

        @client.on("raw")
        async def raw(data):
            heard[number].append(data)

        await client.connect(url, transports=[transport])
        workers.setdefault(await asyncio.wait_for(first, 30), []).append(number)
        clients.append(client)
        return session

    sessions = []
    while len(sessions) < 8 or len(workers) < 2:
        sessions.append(await connect(len(sessions)))
    assert len(workers) == 2, workers

    def forget():
        for texts in heard.values():
            texts.clear()

    await clients[0].emit("raw", b"\0\1")
    await until(lambda: all(texts == [b"\0\1"] for number, texts in heard.items() if number))
    assert not heard[0]
    forget()
    for i in range(20):
        await clients[i % 8].emit("say", str(i))
    await until(lambda: all(len(texts) >= 20 for texts in heard.values()))
    assert all(sorted(texts, key=int) == [str(i) for i in range(20)] for texts in heard.values()), heard
    forget()
    assert await clients[0].call("thread", "from a thread") == "heard"
    await until(lambda: all(texts == ["from a thread"] for texts in heard.values()))
    forget()

    # One of each worker: each way.
    (one, *_), (two, *_) = workers.values()
    for asking, asked in ((one, two), (two, one), (one, one)):
        answer = await clients[asking].call("ask", (clients[asked].get_sid(), "what?"))
        assert answer == ["what?", asked, b"\0"], answer
    await clients[one].call("invite", ([clients[two].get_sid(), clients[one].get_sid()], "welcome"))
    await until(lambda: heard[two] and len(heard[one]) >= 2)
    await clients[one].call("invite", ([clients[one].get_sid(), clients[two].get_sid()], "and"))
    await until(lambda: len(heard[two]) >= 3 and len(heard[one]) >= 3)
    assert heard[one] == ["welcome", "welcome again", "and"] and heard[two] == ["welcome", "and", "and again"], heard
    sid = clients[two].get_sid()
    await clients[one].emit("kick", sid)

    def told():
        """Who has heard of it, but for the client itself, which may have."""
        return sorted(each for each in left if each[0] != two)

    await until(lambda: len(told()) >= len(clients) - 1)
    pids = [pid for pid, numbers in workers.items() if two in numbers]
    assert told() == [(number, sid, pids[0]) for number in range(len(clients)) if number != two], left
    await until(lambda: not clients[two].connected)
    for client in clients:
        await client.disconnect()
    for session in sessions:
        await session.close()


asyncio.run(asyncio.wait_for(main(sys.argv[1], sys.argv[2]), 60))
