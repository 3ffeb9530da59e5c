"""The life of a worker: boot, control link, application, requests, end."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Callable, Optional

from . import adapters, boot as boots, debuggers, loading, logconfig, logs, names, ontrio, process, prompts, requestnames, response, speedups, stateful, title, wire
from .adapter import Adapter
from .boot import Boot
from .control import ControlLink
from .errors import BootError, StartError, internal
from .lateloop import LateLoop
from .logs import LogSetup
from .nesting import NestingWatch

if TYPE_CHECKING:
    from .hooks import WorkerHooks
    from .template import Template

# The exit code for an application that cannot be started, as uvicorn and gunicorn have it.
EXIT_START_FAILURE = 3


class Worker:
    """What an adapter needs to serve an application."""

    __slots__ = ("boot", "control", "loop", "hooks", "_adapter", "_application")

    def __init__(self, boot: Boot, control: ControlLink) -> None:
        self.boot = boot
        self.control = control
        # The event loop that an application was to find while it was imported; None where none was wanted.
        self.loop: Optional[Any] = None
        # The user's functions, where there are any.
        self.hooks: Optional["WorkerHooks"] = None
        self._adapter: Optional[Adapter] = None
        self._application: Any = None

    @property
    def adapter_name(self) -> str:
        """The interface's, as `--interface` has it."""
        return self._adapter.name if self._adapter is not None else ""

    def serve(self, adapter: Adapter, application: Any) -> int:
        """Runs the adapter; returns the exit code."""
        self._adapter = adapter
        self._application = application
        if self.boot.development:
            from . import development

            application = development.wrap(adapter.name, application)
        if self.control.routes is not None:
            from . import routes

            application = routes.wrap(adapter.name, application, self.control.routes)
        if not adapter.wants_loop:
            # It stays current and open: the application may have taken it, and finds one in its views.
            self.loop = None
        return adapter.run(self, application)

    async def await_hooks(self) -> None:
        """On the event loop, after the lifespan's start: --on-worker-ready, coroutine functions too. Raises StartError."""
        if self.hooks is not None:
            await self.hooks.await_ready(self.boot, self._application)

    def ready(self, concurrency: int, loop: str) -> None:
        """
        The adapter has opened its links, and requests may come: so many at a time, 0 for any number; `loop` is
        what the front's log calls what runs them. Calls --on-worker-ready where nobody has awaited it; raises StartError.
        """
        adapter = self._adapter
        assert adapter is not None
        if self.hooks is not None:
            self.hooks.call_ready(self.boot, self._application)
        process.stopping.take_back()
        features = adapter.features | wire.FEATURE_INSPECTION
        if self.control.collector.is_wanted:
            features |= wire.FEATURE_COLLECTION
        self.control.ready(concurrency, features, adapter.name, loop)
        stateful.begin()


def main() -> int:
    """Runs the worker; returns the exit code."""
    try:
        process.reset_signals()
        boot = boots.read(sys.stdin.buffer)
        boots.prepare_process(boot)
        # Before anything is imported for the application: while that keeps the interpreter's lock nothing else notices that
        # the front is gone.
        process.die_with_parent(os.getppid() if hasattr(os, "getppid") else 0)
        if boot.ended:
            from . import exits

            return exits.run(boot)
        if boot.event:
            from . import hooks

            return hooks.run(boot)
        prompts.prepare(boot.terminal)
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
    title.show(forked)
    worker = _connect(forked)
    template.hand_over(worker.control.send)
    return _guard(worker, lambda: _serve_forked(worker, template))


def _serve_forked(worker: Worker, template: "Template") -> int:
    worker.hooks = template.hooks
    _use_development(worker.boot)
    if worker.hooks is not None:
        worker.hooks.started(worker.boot)
    adapter, application = template.loaded()
    return worker.serve(adapter, loading.put_around(template.agents, adapter, application))


def _connect(boot: Boot) -> Worker:
    stateful.use(boot)
    debuggers.spare_own_threads()
    control = ControlLink(boot)
    control.start()
    process.install_signals()
    return Worker(boot, control)


def _serve(worker: Worker) -> int:
    return _guard(worker, lambda: _load_and_serve(worker))


def _load_and_serve(worker: Worker) -> int:
    boot = worker.boot
    # Before anything is imported that is built on it.
    speedups.use(boot.speedups)
    setup = LogSetup(worker.control.send, boot.log_level)
    logs.line_buffer_output()
    setup.before_loading()
    names.prepare(boot)
    boots.prepare_sys_path(boot)
    logconfig.apply(boot.log_config)
    requestnames.use(boot.request_id_header)
    worker.hooks = loading.find_hooks(boot)
    if worker.hooks is not None:
        worker.hooks.started(boot)
    agents = loading.prepare_agents(boot)
    named = adapters.find(boot)
    late = LateLoop(lambda: _create_loop(boot))
    if named is None and boot.loop in ("auto", "asyncio"):
        late.watch()
    elif named is None or named.wants_loop:
        worker.loop = late.get()
    if boot.loop == "auto":
        with NestingWatch(late.replace):
            application = loading.load(boot)
    else:
        application = loading.load(boot)
    adapter, application = adapters.choose(boot, named, application)
    if adapter.wants_loop:
        worker.loop = late.get()
    process.stopping.take_back()
    setup.after_loading()
    _use_development(boot)
    return worker.serve(adapter, loading.put_around(agents, adapter, application))


def _use_development(boot: Boot) -> None:
    if boot.development:
        response.tell_tracebacks()


def _create_loop(boot: Boot) -> Any:
    if boot.loop == ontrio.NAME:
        # It has no loop before it runs; that it is there is to be known before the application is imported.
        ontrio.find()
        return None
    from .eventloop import loops

    return loops.create(boot.loop)


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
