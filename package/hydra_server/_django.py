"""What the workers of ``manage.py runserver`` import: the project's application, with static files before it as Django's runserver has them."""

import importlib
from typing import Any


def asgi(static: bool = False) -> Any:
    """The project's ASGI application: ASGI_APPLICATION."""
    application = _named("ASGI_APPLICATION")
    if static:
        from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

        return _Static(ASGIStaticFilesHandler(application), application)
    return application


def wsgi(static: bool = False) -> Any:
    """The project's WSGI application: WSGI_APPLICATION, or Django's own where nothing is said."""
    application = _named("WSGI_APPLICATION")
    if static:
        from django.contrib.staticfiles.handlers import StaticFilesHandler

        return StaticFilesHandler(application)
    return application


class _Static:
    """ASGIStaticFilesHandler before an application: it sees requests, and nothing else."""

    def __init__(self, handler: Any, application: Any) -> None:
        self._handler = handler
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await (self._handler if scope["type"] == "http" else self._application)(scope, receive, send)


def _named(setting: str) -> Any:
    import django
    from django.conf import settings

    django.setup(set_prefix=False)
    path = getattr(settings, setting, None)
    if not path:
        from django.core.wsgi import get_wsgi_application

        return get_wsgi_application()
    module, _, attribute = path.rpartition(".")
    return getattr(importlib.import_module(module), attribute)
