"""A Django view behind the middleware of a new project that needs no database; WSGI."""

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

settings.configure(
    DEBUG=False,
    SECRET_KEY="only for the benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)


def item(request, item_id):
    """The same answer as the FastAPI route's."""
    name = request.GET.get("q", "none")
    return JsonResponse({"id": item_id, "name": name, "tags": ["red", "small"], "price": item_id * 1.5})


urlpatterns = [path("items/<int:item_id>", item)]
app = get_wsgi_application()
VERSION = django.get_version()
