"""What frameworks make of a request that has come through a proxy: the client, whether it is secure, and URLs that lead back."""

import json

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path, reverse
from flask import Flask, jsonify, request, url_for
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute


def names(headers):
    return sorted(name.lower().replace("_", "-") for name in headers if "FORWARDED" in name.upper())


async def show_starlette(request):
    return JSONResponse(
        {
            "client": request.client.host if request.client else None,
            "secure": request.url.scheme == "https",
            "host": request.url.netloc,
            "url": str(request.url_for("show")),
            "forwarded": names(request.headers),
        }
    )


async def socket(websocket):
    await websocket.accept()
    await websocket.send_text(json.dumps({"client": websocket.client.host, "url": str(websocket.url)}))
    await websocket.close()


starlette_app = Starlette(
    routes=[Route("/show", show_starlette, name="show"), WebSocketRoute("/ws", socket)],
)

flask_app = Flask(__name__)


@flask_app.route("/show")
def show():
    return jsonify(
        client=request.remote_addr,
        secure=request.is_secure,
        host=request.host,
        url=url_for("show", _external=True),
        forwarded=names(name for name, _ in request.headers),
        https=request.environ.get("HTTPS", ""),
    )


def show_django(request):
    return JsonResponse(
        {
            "client": request.META.get("REMOTE_ADDR"),
            "secure": request.is_secure(),
            "host": request.get_host(),
            "url": request.build_absolute_uri(reverse("show")),
            "forwarded": names(request.headers),
        }
    )


urlpatterns = [path("show", show_django, name="show")]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", DEBUG=False)
django.setup()
django_wsgi = get_wsgi_application()
django_asgi = get_asgi_application()
