"""The same chat as it is done without: each worker listens to Redis, and sends to each of its own clients. $REDIS_SOCKET is the server's."""

import asyncio
import os

import redis.asyncio as redis

store = redis.Redis(unix_socket_path=os.environ["REDIS_SOCKET"])
clients = set()


async def listen():
    async with store.pubsub() as room:
        await room.subscribe("room")
        async for message in room.listen():
            if message["type"] == "message":
                text = message["data"].decode()
                for queue in clients:
                    queue.put_nowait(text)


async def pass_on(queue, send):
    while True:
        await send({"type": "websocket.send", "text": await queue.get()})


async def lifespan(receive, send):
    await receive()
    listening = asyncio.create_task(listen())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    listening.cancel()
    await send({"type": "lifespan.shutdown.complete"})


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    await receive()
    await send({"type": "websocket.accept"})
    queue = asyncio.Queue()
    clients.add(queue)
    passing = asyncio.create_task(pass_on(queue, send))
    try:
        while (message := await receive())["type"] == "websocket.receive":
            await store.publish("room", message["text"])
    finally:
        clients.discard(queue)
        passing.cancel()
