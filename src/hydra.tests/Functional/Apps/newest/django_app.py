"""Django in one file, with both of its entries."""

from django.conf import settings

settings.configure(
    SECRET_KEY="for tests only",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)

from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse, StreamingHttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from newest.rows import endless, endless_in_a_thread  # noqa: E402


def length(request):
    return JsonResponse({"length": len(request.body)})


def rows(request, key):
    """Each entry wants its own kind of iterator."""
    return StreamingHttpResponse(endless(key) if hasattr(request, "scope") else endless_in_a_thread(key))


urlpatterns = [path("length", length), path("rows/<str:key>", rows)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
