"""What workers share: each request does what its path says, by hydra_server.state, and answers with JSON."""

import asyncio
import json
import os
import threading
import time

from hydra_server import state
from signals_board import blocking_gate, gate, record


def _values(query):
    state.set("text", "é")
    state.set("bytes", b"\0\xff")
    state.set("number", -5)
    state.set("large number", 1 << 70)
    state.set("nothing", None)
    state.set("things", {"a": [1, (2, 3)]}, timeout=60)
    value, version = state.gets("text")
    return [
        state.get("text"),
        list(state.get("bytes")),
        state.get("number"),
        state.get("large number"),
        state.get("nothing", "default"),
        state.get("missing", "default"),
        state.get("things") == {"a": [1, (2, 3)]},
        state.add("text", 1),
        state.add("new", 1),
        state.replace("missing", 1),
        state.cas("text", "changed", version),
        state.cas("text", "again", version),
        state.get("text"),
        state.incr("number", 7),
        state.decr("number"),
        sorted(state.get_many(["number", "missing", "new"]).items()),
        state.delete_many(["text", "missing", "new"]),
        state.touch("number", 60),
        round(state.time_left("number")),
        state.get_or_set("made", lambda: "once"),
        state.get_or_set("made", lambda: "twice"),
        state.has_key("made"),
        state.delete("made"),
        state.count() >= 5,
    ]


async def _avalues(query):
    await state.aset("text", "é")
    await state.aset_many({"number": -5, "things": {"a": [1, (2, 3)]}}, timeout=60)
    value, version = await state.agets("text")

    async def later():
        return "once"

    return [
        await state.aget("text"),
        await state.aget("missing", "default"),
        await state.aadd("text", 1),
        await state.acas("text", "changed", version),
        await state.acas("text", "again", version),
        await state.aincr("number", 7),
        sorted((await state.aget_many(["number", "missing", "text"])).items()),
        await state.aget_or_set("made", later),
        await state.adelete("made"),
        round(await state.atime_left("number")),
        (await asyncio.gather(*[state.aincr("gathered") for _ in range(100)]))[-1],
    ]


def _refused(query):
    state.set("text", "x")
    problems = []
    for attempt in (
        lambda: state.incr("text"),
        lambda: state.incr("absent", initial=None),
        lambda: state.incr("n", 1 << 63),
        lambda: state.set("large", b"x" * (3 << 20)),
        lambda: state.set("full", os.urandom(1 << 20)) or state.set("full 2", os.urandom(1 << 20)),
        lambda: state.get(5),
        lambda: state.set("k" * 40000, 1),
        lambda: state.set("function", lambda: 0),
        lambda: state.rate("r", 0),
        lambda: state.semaphore("s", 0),
        lambda: state.lock("l").release(),
    ):
        try:
            attempt()
            problems.append("done")
        except Exception as error:
            problems.append(type(error).__name__)
    state.clear()
    return problems


def _hold(query):
    with state.lock("held", lease=None) as lock:
        record("holds", f"{os.getpid()} {lock.token}")
        blocking_gate("hold")
    return lock.token


def _busy(query):
    """Keeps the server that has this request from its end."""
    record("busy", str(os.getpid()))
    blocking_gate("busy")
    return "busy"


def _wait(query):
    with state.lock("held", timeout=30) as lock:
        return [os.getpid(), lock.token]


def _critical(query):
    """Notes when it is inside; no two may overlap."""
    with state.lock("critical") as lock:
        inside = state.incr("inside")
        time.sleep(0.001)
        state.decr("inside")
        return [inside, lock.token]


def _counted(query):
    """Adds one, once, however often the same call comes."""
    value = state.incr("counted", once=query)
    if int(query) % 7 == 0 and state.add("killed " + query, 1):
        os.kill(os.getpid(), 9)
    return value


def _rates(query):
    return [state.rate("r", 3, 3600).allowed for _ in range(5)] + [state.window("w", 3, 3600).allowed for _ in range(5)]


def _threads(query):
    threads = [threading.Thread(target=lambda: [state.incr("by threads") for _ in range(200)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return state.get("by threads")


def _forked(query):
    pid = os.fork()
    if not pid:
        state.incr("forked", 10)
        os._exit(0)
    os.waitpid(pid, 0)
    return state.incr("forked")


def _inherited(query):
    """A child that was forked within the block gives back nothing."""
    lock = state.lock("inherited", lease=None)
    with lock:
        pid = os.fork()
        if not pid:
            lock.release()
            os._exit(0)
        os.waitpid(pid, 0)
        return [state.lock("inherited").acquire(blocking=False), lock.token > 0]


SHARED = state.lock("shared")


def _shared(query):
    """One object for all threads."""
    with SHARED:
        return _critical(query)


def _count(query):
    return state.get("counted")


def _pid(query):
    return os.getpid()


def _set(query):
    state.set("kept", query)
    return query


def _get(query):
    return state.get("kept")


async def _acritical(query):
    async with state.lock("critical") as lock:
        inside = await state.aincr("inside")
        await asyncio.sleep(0.001)
        await state.adecr("inside")
        return [inside, lock.token]


async def _afire(query):
    """Fifty steps, which are under way together: each notes what it was given, before anything else can happen to it."""

    async def step(number):
        exact = await state.aincr("exact", once="step %d" % number)
        plain = await state.aincr("plain")
        record("acknowledged", "%d %d %d" % (number, exact, plain))

    first = int(query)
    await asyncio.gather(*map(step, range(first, first + 50)))
    return os.getpid()


async def _asums(query):
    return [await state.aget("exact"), await state.aget("plain")]


async def _atrio(query):
    import trio

    async with state.lock("critical") as lock:
        inside = await state.aincr("inside")
        await trio.sleep(0.001)
        await state.adecr("inside")
        return [inside, lock.token]


async def _atriocancelled(query):
    """The same in trio: who waits, who holds."""
    import trio

    async with state.lock("taken", lease=None):
        with trio.move_on_after(0.05):
            await state.lock("taken", lease=None).aacquire()
    with trio.move_on_after(0.05):
        async with state.lock("taken", lease=None):
            await trio.sleep(60)
    return await state.lock("taken").aacquire(20)


async def _acancelled(query):
    """Tasks that wait for a lock and are cancelled leave it to others."""
    async with state.lock("taken"):
        waiting = [asyncio.ensure_future(state.lock("taken").aacquire()) for _ in range(5)]
        await state.aget("so that they have been sent")
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        late = await state.lock("taken").aacquire(blocking=False)
    async with state.lock("taken", timeout=20):
        return [late, sum(task.cancelled() for task in waiting)]


async def _ahold(query):
    async with state.lock("held", lease=None) as lock:
        record("holds", f"{os.getpid()} {lock.token}")
        await gate("hold")
    return lock.token


def _fill(query):
    """All that a worker may do wrong: values until there is no room, many calls at a time."""
    sizes = [100_000, 1_000, 10]
    number = 0
    while sizes:
        try:
            state.set_many({"fill %d" % (number + i): b"x" * sizes[0] for i in range(100)})
        except state.StateFull:
            del sizes[0]
        number += 100
    record("full", os.getpid())
    blocking_gate("full")


def _around(query):
    """What others have when it is full: what is there can be read, counted and locked by who holds it; what is new is refused."""
    with_room = [state.get("kept"), state.incr("hits"), state.delete("own")]
    try:
        state.set("own " * 100, b"x" * 1000)
    except state.StateFull:
        with_room.append("StateFull")
    return with_room


def _prepare(query):
    state.set("hits", 0)
    state.set("own", 1)
    state.set("kept", "kept")


def _refill(query):
    """Takes away what was filled in."""
    number = 0
    while state.delete_many("fill %d" % (number + i) for i in range(1000)):
        number += 1000
    state.set("own", b"x" * 100_000)
    with state.lock("own"):
        return "room"


def _torn(query):
    """Puts large values until it is killed in the middle of one."""
    number = 0
    while True:
        number = number + 1 & 0xFF
        state.set("whole", bytes([number]) * 1_000_000)
        record("torn", os.getpid())


def _whole(query):
    value = state.get("whole")
    return [len(value), len(set(value))]


def _imported(query):
    return state.get("at import")


state.add("at import", "is there")


def app(environ, start_response):
    name = environ["PATH_INFO"].strip("/")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(globals()["_" + name](environ["QUERY_STRING"])).encode()]


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    function = globals()["_a" + scope["path"].strip("/")]
    body = json.dumps(await function(scope["query_string"].decode())).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
