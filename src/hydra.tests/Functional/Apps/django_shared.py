"""Django's sessions and cache in what workers share."""

import django
from django.conf import settings
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="for tests only",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    CACHES={"default": {"BACKEND": "hydra_server.django.HydraCache"}, "other": {"BACKEND": "hydra_server.django.HydraCache", "LOCATION": "other"}},
)
django.setup()


def count(request):
    """What a client's session has, and the cache beside it."""
    request.session["count"] = request.session.get("count", 0) + 1
    return HttpResponse(str(request.session["count"]))


def caches(request):
    from django.core.cache import caches

    cache.clear()
    cache.set("a", {"b": 1}, 60)
    cache.set_many({"n": 1, "m": 2})
    caches["other"].set("a", "other")
    assert cache.get("a") == {"b": 1} and cache.get("a", version=2) is None
    assert cache.get_many(["n", "m", "x"]) == {"n": 1, "m": 2}
    assert cache.incr("n", 4) == 5 and cache.decr("n") == 4
    assert cache.add("n", 9) is False and cache.add("x", 9) is True
    assert cache.add("gone", 1, 0) is True and cache.get("gone") is None
    assert cache.touch("a", 0) is True and cache.get("a") is None and cache.touch("a") is False
    assert "x" in cache and cache.delete("x") and not cache.delete("x")
    assert cache.incr_version("m") == 2 and cache.get("m", version=2) == 2
    assert cache.get_or_set("made", lambda: 3) == 3
    try:
        cache.incr("missing")
        raise AssertionError("no ValueError")
    except ValueError:
        pass
    cache.clear()
    assert cache.get("n") is None and caches["other"].get("a") == "other"
    return HttpResponse("ok")


async def async_caches(request):
    await cache.aset("a", 1)
    assert await cache.aget("a") == 1 and await cache.aincr("a") == 2
    assert await cache.aget_many(["a", "b"]) == {"a": 2}
    assert await cache.adelete("a") and await cache.aget("a", "none") == "none"
    return HttpResponse("ok")


urlpatterns = [path("count", count), path("cache", caches), path("async-cache", async_caches)]
application = get_wsgi_application()
