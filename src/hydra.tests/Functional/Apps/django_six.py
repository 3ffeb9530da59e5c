"""What a backend needs of django.tasks, as the documentation of Django 6.0 says it, where the Django that is installed is older. Import it first."""

import dataclasses
import datetime
import importlib
import inspect
import json
import sys
import types
from typing import Any

import django.dispatch
import django.utils
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import ImproperlyConfigured


class Signal(django.dispatch.Signal):
    async def asend_robust(self, sender, **named):
        return await sync_to_async(self.send_robust)(sender, **named)


class TaskException(Exception):
    pass


class InvalidTask(TaskException, ValueError):
    pass


class InvalidTaskBackend(ImproperlyConfigured):
    pass


class TaskResultDoesNotExist(TaskException):
    pass


class TaskResultStatus:
    READY, RUNNING, FAILED, SUCCESSFUL = "READY", "RUNNING", "FAILED", "SUCCESSFUL"


@dataclasses.dataclass(frozen=True)
class Task:
    priority: int
    func: Any
    backend: str
    queue_name: str
    run_after: Any
    takes_context: bool = False

    def __post_init__(self):
        self.get_backend().validate_task(self)

    def using(self, **changes):
        return dataclasses.replace(self, **changes)

    def enqueue(self, *args, **kwargs):
        return self.get_backend().enqueue(self, args, kwargs)

    async def aenqueue(self, *args, **kwargs):
        return await self.get_backend().aenqueue(self, args, kwargs)

    def get_result(self, result_id):
        return self.get_backend().get_result(result_id)

    async def aget_result(self, result_id):
        return await self.get_backend().aget_result(result_id)

    def get_backend(self):
        return task_backends[self.backend]


@dataclasses.dataclass(frozen=True)
class TaskError:
    exception_class_path: str
    traceback: str


@dataclasses.dataclass(frozen=True)
class TaskResult:
    task: Any
    id: str
    status: str
    enqueued_at: Any
    started_at: Any
    finished_at: Any
    last_attempted_at: Any
    args: Any
    kwargs: Any
    backend: str
    errors: Any
    worker_ids: Any
    _return_value: Any = dataclasses.field(init=False, default=None)

    def __post_init__(self):
        object.__setattr__(self, "args", normalize_json(self.args))
        object.__setattr__(self, "kwargs", normalize_json(self.kwargs))

    @property
    def return_value(self):
        if self.status != TaskResultStatus.SUCCESSFUL:
            raise ValueError("Task failed" if self.status == TaskResultStatus.FAILED else "Task has not finished yet")
        return self._return_value

    @property
    def attempts(self):
        return len(self.worker_ids)


@dataclasses.dataclass(frozen=True)
class TaskContext:
    task_result: Any

    @property
    def attempt(self):
        return self.task_result.attempts


class BaseTaskBackend:
    task_class = Task
    supports_defer = supports_async_task = supports_get_result = supports_priority = False

    def __init__(self, alias, params):
        self.alias = alias
        self.queues = set(params.get("QUEUES", ["default"]))
        self.options = params.get("OPTIONS", {})

    def validate_task(self, task):
        if "<locals>" in task.func.__qualname__:
            raise InvalidTask("Task function must be defined at a module level.")
        if not -100 <= task.priority <= 100:
            raise InvalidTask("priority must be a whole number between -100 and 100.")
        if self.queues and task.queue_name not in self.queues:
            raise InvalidTask("Queue '%s' is not valid for backend." % task.queue_name)


class ImmediateBackend(BaseTaskBackend):
    supports_async_task = True

    def enqueue(self, task, args, kwargs):
        now = datetime.datetime.now(datetime.timezone.utc)
        result = TaskResult(task, "now", TaskResultStatus.SUCCESSFUL, now, now, now, now, args, kwargs, self.alias, [], ["here"])
        function = async_to_sync(task.func) if inspect.iscoroutinefunction(task.func) else task.func
        object.__setattr__(result, "_return_value", normalize_json(function(*args, **kwargs)))
        return result


class Backends:
    def __init__(self):
        self._made = {}

    def __getitem__(self, alias):
        if alias not in self._made:
            from django.conf import settings

            module, _, name = settings.TASKS[alias]["BACKEND"].rpartition(".")
            self._made[alias] = getattr(importlib.import_module(module), name)(alias, settings.TASKS[alias])
        return self._made[alias]


def task(function=None, priority=0, queue_name="default", backend="default", takes_context=False):
    def wrap(function):
        return task_backends[backend].task_class(
            priority=priority, func=function, queue_name=queue_name, backend=backend, takes_context=takes_context, run_after=None
        )

    return wrap if function is None else wrap(function)


def normalize_json(value):
    return json.loads(json.dumps(value))


task_backends = Backends()


def _put(name, **contents):
    module = types.ModuleType(name)
    module.__dict__.update(contents)
    module.__path__ = []
    sys.modules[name] = module


try:
    import django.tasks  # noqa: F401
except ImportError:
    _put("django.tasks", task=task, task_backends=task_backends, TaskResultStatus=TaskResultStatus)
    _put("django.tasks.base", Task=Task, TaskContext=TaskContext, TaskError=TaskError, TaskResult=TaskResult, TaskResultStatus=TaskResultStatus)
    _put("django.tasks.exceptions", InvalidTask=InvalidTask, InvalidTaskBackend=InvalidTaskBackend, TaskResultDoesNotExist=TaskResultDoesNotExist)
    _put("django.tasks.signals", task_enqueued=Signal(), task_started=Signal(), task_finished=Signal())
    _put("django.tasks.backends")
    _put("django.tasks.backends.base", BaseTaskBackend=BaseTaskBackend)
    _put("django.tasks.backends.immediate", ImmediateBackend=ImmediateBackend)
    _put("django.utils.json", normalize_json=normalize_json)
