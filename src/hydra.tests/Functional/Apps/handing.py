"""What a worker counts goes to the one that takes its place. HOW says what is special about it, by words."""

import os

from hydra_server import handover
from signals_board import BOARD, blocking_gate, gate, record

HOW = os.environ.get("HOW", "").split()
EXACT = "exact" in HOW
counted = {"here": 0, "before": None}


def take(data):
    counted["before"] = None if data is None else int(data)
    record("received", counted["before"])
    if (BOARD / "broken").exists():
        raise RuntimeError("this one is not to start")


def give():
    if "raise" in HOW:
        raise RuntimeError("nothing to give")
    if "text" in HOW:
        return "text"
    if "large" in HOW:
        return bytes(64 * 1024 * 1024 + 1)
    return b"%d" % ((counted["before"] or 0) + counted["here"])


async def agive():
    return give()


def answer(path):
    counted["here"] += 1
    return f"{counted['before']} {counted['here']} {os.getpid()}".encode()


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        assert (await receive())["type"] == "lifespan.startup"
        handover.on_handover(agive)
        try:
            take(await handover.areceive(exact=EXACT))
        except RuntimeError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/slow":
        record("slow", "here")
        await gate("slow")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": answer(scope["path"])})


def plain(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        record("slow", "here")
        blocking_gate("slow")
    start_response("200 OK", [])
    return [answer(environ["PATH_INFO"])]


def prepare():
    """What a module does when it is imported."""
    handover.on_handover(give)
    take(handover.receive(exact=EXACT))


if "import" in HOW:
    prepare()
elif "ready" in HOW:
    # With --preload the import is the template's.
    handover.on_handover(give)


def ready(*_):
    """For --on-worker-start, which each process calls."""
    take(handover.receive(exact=EXACT))
