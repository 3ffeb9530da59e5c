"""Functions for --on-worker-start and --on-worker-ready, and applications that show what they have done."""

import sys

DONE = []


def note(worker, pid):
    # The application is of another module: it is not there yet.
    DONE.append("start of %d %s %s" % (worker, type(pid).__name__, "hooked_app" in sys.modules))


def second():
    DONE.append("second")


def ready(worker, application):
    DONE.append("ready of %d for %s" % (worker, getattr(application, "__name__", "?")))


async def ready_async(**facts):
    import asyncio

    await asyncio.sleep(0)
    DONE.append("awaited with %s" % sorted(facts))


class Nested:
    @staticmethod
    def inside():
        DONE.append("nested")


def with_server(server, worker):
    raise AssertionError("nobody calls it")


def raises():
    raise LookupError("no exporter")


def leaves():
    sys.exit("enough")


async def raises_async():
    raise LookupError("no pool")


NO_FUNCTION = 5
