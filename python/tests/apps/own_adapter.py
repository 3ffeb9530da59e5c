"""An interface of a user's on the shim's event loop: the application is a dictionary from paths to bodies."""

from hydra_worker import wire
from hydra_worker.eventloop import engine
from hydra_worker.eventloop.link import Serving
from hydra_worker.eventloop.stream import LoopStream
from hydra_worker.frames import response_frame

app = {b"/": b"the root", b"/other": b"another"}
not_a_dictionary = 5


def path_of(method, raw_path, query, connection, headers, queued):
    return raw_path


class Answer(LoopStream):
    __slots__ = ("answered",)

    def __init__(self, link, number, flags, method, body, started):
        super().__init__(link, number, flags, body, started)
        self.answered = False

    def is_silent(self):
        return not self.answered

    async def run(self, application, path):
        if path == b"/waits":
            while not self.gone:
                await self.change()
            self.link.write(wire.pack_reset(self.id, 0, wire.RESET_CANCELLED, b""))
        else:
            self.link.write(response_frame(self.id, wire.FLAG_END, 200, b"", application[path]))
        self.answered = True
        self.link.forget(self)
        self.link.unfinished.pop(self, None)


class Adapter:
    wants_loop = True
    features = wire.FEATURE_WEB_SOCKETS

    def refuse(self, application, found):
        return None if isinstance(application, dict) else "is no dictionary."

    def run(self, worker, application):
        serving = Serving(application, path_of, Answer)
        return engine.run(worker, lambda worker, loop: engine.LoopEngine(worker, loop, serving))


def run(worker, application):
    """The module is an adapter, too, one without a loop."""
    assert worker.loop is None
    return Adapter().run(worker, application)


class Module:
    run = staticmethod(run)


class Raises:
    def __init__(self):
        raise KeyError("no adapter")


nothing = object()
