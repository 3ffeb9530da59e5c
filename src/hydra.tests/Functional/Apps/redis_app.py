"""Shared state that a Redis has. Each request does what its path says and answers with what came of it, or with the name of the error and what it says."""

import asyncio

from hydra_server import pubsub, state
from signals_board import gate, record


async def _incr(query):
    return await state.aincr("n")


async def _once(query):
    return await state.aincr("once", once=query)


async def _many(query):
    return (await asyncio.gather(*[state.aincr("many") for _ in range(int(query))]))[-1]


async def _set(query):
    await state.aset("kept", query)
    return "set"


async def _get(query):
    return await state.aget("kept")


async def _large(query):
    await state.aset("large", b"x" * (1 << 20))
    return "set"


async def _plain(query):
    return "plain"


async def _hold(query):
    async with state.lock("held", lease=None) as lock:
        record("holds", str(lock.token))
        await gate("hold")
    return lock.token


async def _critical(query):
    """Notes when it is inside; no two may overlap."""
    async with state.semaphore("critical", int(query or 1)) as lock:
        inside = await state.aincr("inside")
        await asyncio.sleep(0.001)
        await state.adecr("inside")
        return "%d %d" % (inside, lock.token)


async def _wait(query):
    async with state.lock("held", lease=None, timeout=60) as lock:
        return lock.token


async def _publish(query):
    return await pubsub.apublish("room", query)


async def _here(query):
    return " ".join(sorted("%s=%d" % (one.name, one.connections) for one in await pubsub.apresence("room")))


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        try:
            await pubsub.subscribe(scope, "room", member=scope["query_string"].decode() or None, events=bool(scope["query_string"]))
            await send({"type": "websocket.send", "text": "subscribed"})
        except state.StateError as error:
            await send({"type": "websocket.send", "text": type(error).__name__})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    try:
        answer = str(await globals()["_" + scope["path"].strip("/").split("/")[-1]](scope["query_string"].decode()))
    except Exception as error:
        answer = "%s: %s" % (type(error).__name__, error)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": answer.encode()})
