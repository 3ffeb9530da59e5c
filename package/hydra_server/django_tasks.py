"""Tasks of Django (6.0 and newer; of the package django-tasks before) done by the processes for tasks of the server, in one line of the settings.

::

    TASKS = {"default": {"BACKEND": "hydra_server.django_tasks.HydraTaskBackend"}}

There is no broker, no table and no other process to run: what waits is in the memory of the server. docs/tasks.md says what is promised. In processes that the server
has not started, such as ``manage.py shell`` and tests, enqueueing raises ``TasksUnavailable``; with ``"OPTIONS": {"outside": "local"}`` it is Django's ``ImmediateBackend``.
"""

import asyncio
import dataclasses
import datetime
import importlib
import inspect
from typing import Any, Awaitable, Dict, Optional, Tuple

try:
    from django.tasks import task_backends
    from django.tasks.backends.base import BaseTaskBackend
    from django.tasks.backends.immediate import ImmediateBackend
    from django.tasks.base import Task, TaskContext, TaskError, TaskResult, TaskResultStatus
    from django.tasks.exceptions import InvalidTaskBackend, TaskResultDoesNotExist
    from django.tasks.signals import task_enqueued, task_finished, task_started
    from django.utils.json import normalize_json
except ImportError:
    try:
        from django_tasks import task_backends
        from django_tasks.backends.base import BaseTaskBackend
        from django_tasks.backends.immediate import ImmediateBackend
        from django_tasks.base import Task, TaskContext, TaskError, TaskResult, TaskResultStatus
        from django_tasks.exceptions import InvalidTaskBackend, TaskResultDoesNotExist
        from django_tasks.signals import task_enqueued, task_finished, task_started
        from django_tasks.utils import normalize_json
    except ImportError as _error:
        raise ImportError("hydra_server.django_tasks is a backend for django.tasks, which Django 6.0 and newer has, or for the package django-tasks") from _error

from . import _task_codec as codec, tasks
from ._state_link import Call, Reply, is_available, links

__all__ = ["HydraTaskBackend"]

# Where Django's documentation says nothing of a second attempt, there is none; and what came of a task is known for an hour.
_DEFAULTS = {"retries": 0, "keep": 3600.0}
_OPTIONS = ("retries", "backoff", "timeout", "keep", "outside")


class HydraTaskBackend(BaseTaskBackend):
    """See the module.

    ``OPTIONS``, as those of ``defer``: ``retries`` (0 here: a task that raises, or whose process ends, has failed), ``backoff``, ``timeout``, ``keep`` (3600 seconds here, for which
    results can be had; 0 for none), ``outside`` ("error" here, or "local"). ``QUEUES`` are names: all tasks wait in one queue, the urgent ones in front.
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def __new__(cls, alias: str, params: "Dict[str, Any]") -> Any:
        if _outside(params.get("OPTIONS") or {}) == "local" and not is_available():
            return ImmediateBackend(alias, params)
        return super().__new__(cls)

    def __init__(self, alias: str, params: "Dict[str, Any]") -> None:
        super().__init__(alias, params)
        options = dict(_DEFAULTS, **(params.get("OPTIONS") or {}))
        unknown = sorted(set(options) - set(_OPTIONS))
        if unknown:
            raise InvalidTaskBackend("HydraTaskBackend has no option %s; there are %s" % (", ".join(unknown), ", ".join(_OPTIONS)))
        options.pop("outside", None)
        try:
            self._deferral = tasks.defer.options(**options)
        except (TypeError, ValueError) as error:
            raise InvalidTaskBackend("the options of HydraTaskBackend: %s" % error) from error
        self.supports_get_result = options["keep"] > 0

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """From the moment that this returns the server has it, whatever becomes of this process. It may begin at once, before a transaction here ends.

        Raises InvalidTask, QueueFull, TasksUnavailable; TypeError for arguments that JSON does not have.
        """
        result = self._ready(task, args, kwargs)
        result = self._enqueued(result, links.call(self._call(result)))
        task_enqueued.send_robust(type(self), task_result=result)
        return result

    async def aenqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """As ``enqueue``."""
        result = self._ready(task, args, kwargs)
        result = self._enqueued(result, await links.acall(self._call(result)))
        await task_enqueued.asend_robust(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> Any:
        """From any worker: while the task waits or runs, and then for as long as the option ``keep`` says. Raises TaskResultDoesNotExist; TasksUnavailable in a process that is no worker."""
        return self._found(result_id, links.call(tasks._find_call(result_id, with_payload=True)))

    async def aget_result(self, result_id: str) -> Any:
        """As ``get_result``."""
        return self._found(result_id, await links.acall(tasks._find_call(result_id, with_payload=True)))

    def _ready(self, task: Any, args: Any, kwargs: Any) -> Any:
        self.validate_task(task)
        if not is_available():
            raise tasks.TasksUnavailable(
                "tasks of HydraTaskBackend are enqueued in the workers of Hydra, and this process is none: it was not started by the server. "
                'With "OPTIONS": {"outside": "local"} they are done at once here'
            )
        return _result(self, task, "", TaskResultStatus.READY, args, kwargs)

    def _call(self, result: Any) -> Call:
        task = result.task
        function = task.func
        options = self._deferral._options._replace(priority=task.priority, delay=task.run_after or 0)
        described = (
            self.alias, function.__module__, function.__qualname__, result.args, result.kwargs, (task.priority, task.queue_name, task.run_after, task.takes_context), options.retries,
        )
        return tasks._defer_call(options, codec.name_of(function), codec.pack_function(_run, described, {}))

    def _enqueued(self, result: Any, reply: Reply) -> Any:
        return dataclasses.replace(result, id=tasks._deferred(reply), enqueued_at=_now())

    def _found(self, result_id: str, reply: Reply) -> Any:
        payload, status = tasks._found_whole(result_id, reply)
        described = _described(payload)
        if status is None or described is None or described[0] != self.alias:
            raise TaskResultDoesNotExist(result_id)
        _, module, name, args, kwargs, how, _ = described
        state = {"queued": TaskResultStatus.READY, "running": TaskResultStatus.RUNNING, "done": TaskResultStatus.SUCCESSFUL, "failed": TaskResultStatus.FAILED}[status.state]
        result = _result(
            self, _task(self, module, name, how), result_id, state, args, kwargs, attempts=status.attempts,
            enqueued_at=status.queued, started_at=status.started, last_attempted_at=status.started, finished_at=status.ended,
        )
        if status.error is not None:
            result.errors.append(_task_error(status.error))
        _set(result, "_return_value", status.result)
        return result


def _outside(options: "Dict[str, Any]") -> str:
    outside = options.get("outside", "error")
    if outside not in ("local", "error"):
        raise InvalidTaskBackend('the option "outside" of HydraTaskBackend is "local" or "error", not %r' % (outside,))
    return str(outside)


def _set(result: Any, name: str, value: Any) -> None:
    # As Django's own backends do: the class is frozen for who gets it.
    object.__setattr__(result, name, value)


def _result(backend: Any, task: Any, id: str, status: Any, args: Any, kwargs: Any, attempts: int = 0, **times: Any) -> Any:
    moments: "Dict[str, Any]" = dict.fromkeys(("enqueued_at", "started_at", "last_attempted_at", "finished_at"))
    moments.update(times)
    # The server knows how often it was begun, and not by which process.
    return TaskResult(
        task=task, id=id, status=status, args=list(args), kwargs=dict(kwargs), backend=backend.alias, errors=[], worker_ids=["hydra"] * attempts, **moments
    )


def _task_error(error: BaseException) -> Any:
    kind = type(error)
    module = "hydra_server.tasks" if getattr(tasks, kind.__name__, None) is kind else kind.__module__
    path = getattr(error, "remote_class", None) or "%s.%s" % (module, kind.__qualname__)
    cause = error.__cause__
    return TaskError(exception_class_path=path, traceback=cause.text if isinstance(cause, tasks.RemoteTraceback) else "%s: %s\n" % (path, error))


def _described(payload: bytes) -> "Optional[Tuple[Any, ...]]":
    """What is said of a task of Django's; None where it is another one."""
    if not payload:
        return None
    try:
        function, args, _ = codec.unpack_function(payload)
    except Exception:
        return None  # its module is not to be had here
    return args if function is _run else None


def _task(backend: Any, module: str, name: str, how: Any) -> Any:
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    priority, queue_name, run_after, takes_context = how
    # What the decorator has left there is the task; the function itself where it was not used as one.
    is_task = isinstance(found, Task)
    kind = type(found) if is_task else backend.task_class
    return kind(func=found.func if is_task else found, priority=priority, backend=backend.alias, queue_name=queue_name, run_after=run_after, takes_context=takes_context)


def _run(alias: str, module: str, name: str, args: Any, kwargs: Any, how: Any, retries: int) -> Any:
    """In a process for tasks: does one. A coroutine function is awaited by who calls this. What receivers of signals raise is logged, and changes nothing of a task."""
    job = tasks._current.job
    backend = task_backends[alias]
    task = _task(backend, module, name, how)
    now = _now()
    result = _result(backend, task, str(job.number), TaskResultStatus.RUNNING, args, kwargs, attempts=job.attempt, started_at=now, last_attempted_at=now)
    call = _Attempt(job, result, job.attempt > retries)
    first = (TaskContext(task_result=result),) if task.takes_context else ()
    if inspect.iscoroutinefunction(task.func):
        return _arun(type(backend), call, task.func(*first, *args, **kwargs))
    task_started.send_robust(type(backend), task_result=result)
    try:
        value = call.has_returned(task.func(*first, *args, **kwargs))
    except BaseException as error:
        if call.has_raised(error):
            task_finished.send_robust(type(backend), task_result=result)
        raise
    task_finished.send_robust(type(backend), task_result=result)
    return value


async def _arun(sender: type, call: "_Attempt", function: "Awaitable[Any]") -> Any:
    from asgiref.sync import sync_to_async
    from django.db import close_old_connections

    # Those of the thread in which the ORM works for coroutines.
    await sync_to_async(close_old_connections)()
    await task_started.asend_robust(sender, task_result=call.result)
    try:
        value = call.has_returned(await function)
    except BaseException as error:
        if call.has_raised(error):
            await task_finished.asend_robust(sender, task_result=call.result)
        raise
    finally:
        await sync_to_async(close_old_connections)()
    await task_finished.asend_robust(sender, task_result=call.result)
    return value


class _Attempt:
    """A task that is done, and what becomes of its result."""

    def __init__(self, job: Any, result: Any, is_last: bool) -> None:
        self.result = result
        self._job = job
        self._is_last = is_last

    def has_returned(self, value: Any) -> Any:
        """As JSON has it, which is what results are with every backend. Raises TypeError."""
        value = normalize_json(value)
        _set(self.result, "_return_value", value)
        self._end(TaskResultStatus.SUCCESSFUL)
        return value

    def has_raised(self, error: BaseException) -> bool:
        """Whether it has failed for good: else it is begun once more."""
        if isinstance(error, asyncio.CancelledError) and self._job.is_cancelled:
            error = tasks.TaskTimeout().with_traceback(error.__traceback__)
        if self._is_last:
            self.result.errors.append(_task_error(codec.unpack_error(codec.pack_error(error))))
            self._end(TaskResultStatus.FAILED)
        return self._is_last

    def _end(self, status: Any) -> None:
        _set(self.result, "status", status)
        _set(self.result, "finished_at", _now())


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
