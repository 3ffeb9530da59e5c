"""A Django project in one file, with its WSGI and its ASGI application."""

import json

import django
from django.conf import settings
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

settings.configure(
    DEBUG=False,
    SECRET_KEY="secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.gzip.GZipMiddleware"],
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"]},
    },
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()


def index(request):
    return HttpResponse("hello from django")


def show(request):
    return JsonResponse(
        {
            "path": request.path,
            "uri": request.build_absolute_uri(),
            "addr": request.META.get("REMOTE_ADDR"),
            "query": request.GET.dict(),
            "method": request.method,
        }
    )


def body(request):
    return HttpResponse(request.body)


def form(request):
    return JsonResponse(
        {
            "post": request.POST.dict(),
            "files": {name: len(file.read()) for name, file in request.FILES.items()},
        }
    )


def stream(request):
    return StreamingHttpResponse(("part %d\n" % number for number in range(3)), content_type="text/plain")


def file(request):
    return FileResponse(open(__file__, "rb"))


def error(request):
    raise ZeroDivisionError("in a view")


def database(request):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        return HttpResponse(json.dumps(cursor.fetchone()))


async def asynchronous(request):
    return HttpResponse("async view")


urlpatterns = [
    path("", index),
    path("show", show),
    path("body", body),
    path("form", form),
    path("stream", stream),
    path("file", file),
    path("error", error),
    path("database", database),
    path("async", asynchronous),
]

from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
asgi_application = get_asgi_application()
