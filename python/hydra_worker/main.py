"""The life of a worker: boot, control link, application, requests, end."""

from __future__ import annotations

import sys
from typing import Any, Callable, Optional

from . import adapters, boot as boots, loading, logs, process, wire
from .boot import Boot
from .control import ControlLink
from .errors import BootError, StartError, internal
from .logs import LogSetup

# The exit code for an application that cannot be started, as uvicorn and gunicorn have it.
EXIT_START_FAILURE = 3


class Worker:
    """What an adapter needs to serve an application."""

    __slots__ = ("boot", "control", "loop")

    def __init__(self, boot: Boot, control: ControlLink) -> None:
        self.boot = boot
        self.control = control
        # The event loop that was current while the application was imported; None where none was wanted.
        self.loop: Optional[Any] = None


def main() -> int:
    """Runs the worker; returns the exit code."""
    try:
        boot = boots.read(sys.stdin.buffer)
        if boot.schema and boot.schema != str(wire.SCHEMA_HASH):
            raise BootError("this shim and its front are of different builds (their schema hashes differ)")
        if boot.preload:
            return _main_of_template(boot)
        return _serve(_connect(boot))
    except BootError as error:
        print(f"hydra worker: {error}", file=sys.stderr)
        return EXIT_START_FAILURE


def _main_of_template(boot: Boot) -> int:
    from .template import Template

    template = Template(boot)
    if not template.load():
        process.hard_exit(EXIT_START_FAILURE)
    forked = template.serve()
    if forked is None:
        # Not sys.exit(): threads that the application started while it was imported would keep the process.
        process.hard_exit(0)
        return 0
    worker = _connect(forked)
    template.hand_over(worker.control.send)
    run = adapters.runner(template.interface)
    return _guard(worker, lambda: run(worker, template.interface, template.application))


def _connect(boot: Boot) -> Worker:
    control = ControlLink(boot)
    control.start()
    process.install_signals(lambda: control.drain(boot.grace_milliseconds / 1000))
    return Worker(boot, control)


def _serve(worker: Worker) -> int:
    return _guard(worker, lambda: _load_and_serve(worker))


def _load_and_serve(worker: Worker) -> int:
    boot = worker.boot
    setup = LogSetup(worker.control.send, boot.log_level)
    logs.line_buffer_output()
    setup.before_loading()
    boots.prepare_sys_path(boot)
    if boot.interface in adapters.WITH_LOOP:
        from .asgi import loops

        worker.loop = loops.create(boot.loop)
    application = loading.load(boot)
    interface, application = adapters.choose(boot, application)
    setup.after_loading()
    return adapters.runner(interface)(worker, interface, application)


def _guard(worker: Worker, serve: Callable[[], int]) -> int:
    try:
        return serve()
    except StartError as error:
        worker.control.failed(error)
    except BootError as error:
        # The front has closed a link. If it stops it does not listen any more; else it wants to know why.
        worker.control.failed(internal(f"The worker has lost its front: {error}"))
    except Exception as error:
        worker.control.failed(internal(f"The worker failed with {type(error).__name__}: {error}", error))
    # Not sys.exit(): threads that the application started while it was imported would keep the process.
    process.hard_exit(EXIT_START_FAILURE)
    return EXIT_START_FAILURE
