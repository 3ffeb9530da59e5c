"""Tasks of Django, as WSGI and as ASGI application: /enqueue?f=NAME&a=[…]&u={…} says the id, /result?f=NAME&id= how it is."""

import datetime
import json
import os

import django_six  # noqa: F401

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from signals_board import blocking_gate, record

settings.configure(
    SECRET_KEY="for tests only",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    TASKS={"default": {"BACKEND": "hydra_server.django_tasks.HydraTaskBackend", "OPTIONS": json.loads(os.environ.get("TASK_OPTIONS", "{}"))}},
)
django.setup()

from django.tasks import task  # noqa: E402
from django.tasks.signals import task_enqueued, task_finished, task_started  # noqa: E402


def tell(name):
    def receive(sender, task_result, **kwargs):
        record(name, "%s %s %s %d %s" % (sender.__name__, task_result.id, task_result.status, task_result.attempts, len(task_result.errors)))

    return receive


RECEIVERS = [tell("enqueued"), tell("started"), tell("finished")]
for signal, receiver in zip((task_enqueued, task_started, task_finished), RECEIVERS):
    signal.connect(receiver)


@task
def add(one, other=0):
    return {"sum": one + other, "pid": os.getpid()}


@task
async def later(text):
    return text


@task(takes_context=True, priority=5)
def attempts(context, key):
    record(key, "%s %d" % (context.task_result.id, context.attempt))
    blocking_gate(key)
    return context.attempt


@task
def fail():
    raise KeyError("it fails")


@task
def local():
    class Local(Exception):
        pass

    raise Local("only here")


@task
def strange():
    return {1, 2}


@task
async def wait():
    import asyncio

    await asyncio.sleep(3600)


TASKS = {name: globals()[name] for name in ("add", "later", "attempts", "fail", "local", "strange", "wait")}


def asked(request):
    chosen = TASKS[request.GET["f"]]
    using = json.loads(request.GET.get("u", "{}"))
    if "after" in using:
        using["run_after"] = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=using.pop("after"))
    return chosen.using(**using) if using else chosen, json.loads(request.GET.get("a", "[]"))


def shown(result):
    value = result.return_value if result.status == "SUCCESSFUL" else None
    errors = ["%s|%s" % (error.exception_class_path, error.traceback.strip().splitlines()[-1]) for error in result.errors]
    times = "".join("-" if moment is None else "t" for moment in (result.enqueued_at, result.started_at, result.last_attempted_at, result.finished_at))
    return json.dumps([str(result.status), value, result.attempts, times, result.task.priority, result.args, errors])


def enqueue(request):
    try:
        chosen, args = asked(request)
        return HttpResponse(chosen.enqueue(*args).id)
    except Exception as error:
        return HttpResponse("%s: %s" % (type(error).__name__, error), status=500)


def result(request):
    try:
        return HttpResponse(shown(asked(request)[0].get_result(request.GET["id"])))
    except Exception as error:
        return HttpResponse("%s: %s" % (type(error).__name__, error), status=500)


async def aenqueue(request):
    try:
        chosen, args = asked(request)
        return HttpResponse((await chosen.aenqueue(*args)).id)
    except Exception as error:
        return HttpResponse("%s: %s" % (type(error).__name__, error), status=500)


async def aresult(request):
    try:
        return HttpResponse(shown(await asked(request)[0].aget_result(request.GET["id"])))
    except Exception as error:
        return HttpResponse("%s: %s" % (type(error).__name__, error), status=500)


urlpatterns = [path("enqueue", enqueue), path("result", result), path("aenqueue", aenqueue), path("aresult", aresult)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
