"""What is published and who gets it. WebSockets: each text is [operation, …] in JSON, answered with ["done", …] or ["failed", name]. HTTP: by the path."""

import asyncio
import json
import os
import signal
import threading
from urllib.parse import parse_qs

from hydra_server import pubsub, state
from signals_board import gate, record


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
            if scope.get("ended"):
                return
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    if scope["type"] == "websocket":
        await _talk(scope, receive, send, query)
    elif scope["path"] == "/stream":
        await _stream(scope, receive, send, query)
    else:
        try:
            answer = await globals()["_do_" + scope["path"][1:].replace("-", "_")](scope, query)
        except Exception as error:
            answer = type(error).__name__
        body = json.dumps(answer).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})


async def _talk(scope, receive, send, query):
    if query.get("early"):
        await pubsub.subscribe(scope, query["early"])
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            record("left", str(message["code"]))
            return
        if message["type"] != "websocket.receive":
            continue
        operation, *arguments = json.loads(message["text"])
        try:
            done = await _operate(scope, send, operation, *arguments)
        except Exception as error:
            done = ["failed", type(error).__name__]
        if done is not None:
            await send({"type": "websocket.send", "text": json.dumps(done)})


async def _operate(scope, send, operation, *arguments):
    if operation == "subscribe":
        topic, options = arguments
        await pubsub.subscribe(scope, topic, **options)
        return ["done", os.getpid()]
    if operation == "unsubscribe":
        return ["done", await pubsub.unsubscribe(scope, *arguments)]
    if operation == "publish":
        topic, text = arguments
        # What is sent behind it comes behind it.
        return ["done", await pubsub.apublish(topic, text)]
    if operation == "around":
        await send({"type": "websocket.send", "text": "before"})
        await pubsub.subscribe(scope, arguments[0])
        await pubsub.apublish(arguments[0], "published")
        await send({"type": "websocket.send", "text": "behind"})
        return None
    return ["failed", "operation"]


async def _stream(scope, receive, send, query):
    options = {"slow": query.get("slow", "drop_oldest")}
    headers = [(b"content-type", b"text/event-stream")]
    if query.get("length"):
        headers.append((b"content-length", b"5"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if query.get("length"):
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        try:
            await pubsub.subscribe(scope, query["topic"], **options)
            text = b"none"
        except ValueError:
            text = b"VErr"
        await send({"type": "http.response.body", "body": text})
        return
    async for piece in pubsub.events(scope, query["topic"], heartbeat=0.2, **options):
        record("beats", str(os.getpid()))
        try:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        except OSError:
            record("gone", "")
            return


async def _do_pid(scope, query):
    return os.getpid()


async def _do_publish(scope, query):
    text = query["text"] if "text" in query else bytes(range(int(query["bytes"])))
    return [await pubsub.apublish(query["topic"], text), os.getpid()]


async def _do_publish_many(scope, query):
    reached = await asyncio.gather(*[pubsub.apublish(query["topic"], "%s-%d" % (query["name"], i)) for i in range(int(query["count"]))])
    return [min(reached), max(reached)]


async def _do_big(scope, query):
    return [pubsub.publish(query["topic"], "x" * int(query["size"])) for _ in range(int(query["count"]))]


async def _do_presence(scope, query):
    found = [list(member) for member in await pubsub.apresence(query["topic"])]
    assert sorted(map(list, pubsub.presence(query["topic"]))) == sorted(found)
    return sorted(found), await pubsub.acount(query["topic"])


async def _do_kill(scope, query):
    os.kill(os.getpid(), signal.SIGKILL)


async def _do_listen(scope, query):
    """In the loop: three messages that another task publishes, one of them while nobody waits, one given up on."""
    topic = query["topic"]
    async with pubsub.listen(topic, topic + "-other", events=True) as messages:
        try:
            await messages.aget(timeout=0.01)
            return "too early"
        except TimeoutError:
            pass
        waiting = asyncio.ensure_future(messages.aget())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await pubsub.apublish(topic, "one")
        await pubsub.apublish(topic + "-other", b"\0two")
        got = [await messages.aget(), await messages.aget()]
        assert await messages.aremove(topic + "-other")
        assert await pubsub.apublish(topic + "-other", "nobody") == 0
        await messages.aadd(topic + "-third")
        await pubsub.apublish(topic + "-third", "three")
        async for message in messages:
            got.append(message)
            break
    ended = [message async for message in messages]
    return [[message.topic[len(topic) :], str(message.data), message.kind] for message in got], ended


async def _do_threads(scope, query):
    """In threads: each gets all, in order."""
    ready, found = threading.Barrier(4), []

    def listen():
        with pubsub.listen("threads") as messages:
            ready.wait(30)
            found.append([message.data for _, message in zip(range(100), messages)])

    threads = [threading.Thread(target=listen) for _ in range(3)]
    for thread in threads:
        thread.start()
    await asyncio.get_running_loop().run_in_executor(None, ready.wait, 30)
    for i in range(100):
        pubsub.publish("threads", str(i))
    for thread in threads:
        await asyncio.get_running_loop().run_in_executor(None, thread.join)
    return found == [[str(i) for i in range(100)]] * 3


async def _do_slow(scope, query):
    results = []
    for slow in ("drop_oldest", "drop", "close"):
        with pubsub.listen("slow", queue=3, slow=slow) as messages:
            for i in range(10):
                pubsub.publish("slow", str(i))
            got = [messages.get().data for _ in range(3)]
            try:
                messages.get(timeout=0)
            except (TimeoutError, pubsub.TooSlow) as error:
                results.append([got, messages.dropped, type(error).__name__])
    return results


async def _do_forked(scope, query):
    """A child has subscriptions of its own, which end with it; its parent's are not its."""
    with pubsub.listen("family") as messages:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                messages.get(timeout=0)
                os.write(writing, b"bad")
            except pubsub.StateError:
                own = pubsub.listen("family").open()
                os.write(writing, b"ok:%d" % pubsub.count("family"))
                own.get(timeout=30)
            os._exit(0)
        told = os.read(reading, 10).decode()
        pubsub.publish("family", "go")
        os.waitpid(child, 0)
        while pubsub.count("family") > 1:
            await asyncio.sleep(0.001)
        return [told, messages.get(timeout=30).data]


async def _do_wrong(scope, query):
    async def name(call):
        try:
            result = call()
            if hasattr(result, "__await__"):
                result = await result
            return str(result)
        except Exception as error:
            return type(error).__name__

    subscribe = pubsub.subscribe
    return [
        await name(lambda: pubsub.publish("", "x")),
        await name(lambda: pubsub.publish("x" * 1025, "x")),
        await name(lambda: pubsub.publish(b"x", "x")),
        await name(lambda: pubsub.publish("x", 1)),
        await name(lambda: pubsub.publish("x", "x" * (17 << 20))),
        await name(lambda: subscribe({"type": "http"}, "x")),
        await name(lambda: subscribe(scope, "x", slow="never")),
        await name(lambda: subscribe(scope, "x", queue=0)),
        await name(lambda: subscribe(scope, "x", info={})),
        await name(lambda: subscribe(scope, "x", member="m", info="x" * 20000)),
        await name(lambda: pubsub.unsubscribe(scope, "x")),
        await name(lambda: pubsub.listen("x").get()),
    ]


async def _do_flood(scope, query):
    """All that a worker may do wrong: as many topics and as much to publish as there is room for."""
    with pubsub.listen("flooded") as messages:
        full = 0
        for i in range(400_000):
            try:
                messages.add("topic-%d" % i)
            except pubsub.StateFull:
                full += 1
                break
        results = await asyncio.gather(*[pubsub.apublish("crowd", "x" * 1000) for _ in range(int(query["count"]))], return_exceptions=True)
        full += sum(isinstance(result, pubsub.StateFull) for result in results)
        record("flooded", "%d %d" % (full, os.getpid()))
        await gate("drained")
    return full > 0


async def _do_values(scope, query):
    try:
        state.set("key", "value")
    except state.StateUnavailable:
        return "StateUnavailable"
    return state.get("key")


async def trio_app(scope, receive, send):
    import trio

    if scope["type"] == "websocket":
        return await _talk(scope, receive, send, {})
    async with pubsub.listen("trio") as messages:
        with trio.move_on_after(0.05):
            await messages.aget()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pubsub.apublish, "trio", "hello")
            got = (await messages.aget()).data
        assert await pubsub.acount("trio") == 1
    body = json.dumps([got, await pubsub.acount("trio")]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


def wsgi(environ, start_response):
    """Threads: listens, or publishes."""
    if environ["PATH_INFO"] == "/listen":
        with pubsub.listen("wsgi") as messages:
            record("listens", str(os.getpid()))
            body = json.dumps([messages.get(timeout=30).data, os.getpid()])
    else:
        body = json.dumps([pubsub.publish("wsgi", "from a thread"), os.getpid()])
    start_response("200 OK", [("Content-Type", "application/json")])
    return [body.encode()]


class _Rsgi:
    """The same in RSGI: a WebSocket in the topic "room", and an event stream of it."""

    async def __rsgi__(self, scope, protocol):
        if scope.proto == "ws":
            transport = await protocol.accept()
            await pubsub.subscribe(transport, "room")
            await transport.send_str("subscribed")
            while (message := await transport.receive()).kind:
                await pubsub.apublish("room", message.data)
        else:
            transport = protocol.response_stream(200, [("content-type", "text/event-stream")])
            await transport.send_str(": subscribed\n\n")
            await pubsub.subscribe(transport, "room")
            await protocol.client_disconnect()


rsgi = _Rsgi()


async def raw(request):
    if request.is_websocket:
        await request.accept()
        await pubsub.subscribe(request, "room")
        await request.send("subscribed")
        async for message in request:
            await pubsub.apublish("room", message)
        return None
    return 200, [("content-type", "text/event-stream")], _events(request)


async def _events(request):
    yield b": subscribed\n\n"
    await pubsub.subscribe(request, "room")
    await asyncio.sleep(3600)
