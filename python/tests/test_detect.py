"""Which interface an application has, for every shape that applications come in."""

import functools
import unittest

from tests import fake_front  # noqa: F401
from hydra_worker.detect import detect, fits


async def asgi(scope, receive, send):
    pass


def wsgi(environ, start_response):
    pass


def asgi_plain(scope, receive, send):
    return asgi(scope, receive, send)


class Rsgi:
    """Has ASGI, too, as Emmett's applications."""

    async def __call__(self, scope, receive, send):
        pass

    async def __rsgi__(self, scope, protocol):
        pass


class AsyncCall:
    async def __call__(self, scope, receive, send):
        pass


class SyncCall:
    def __call__(self, environ, start_response):
        pass


class Asgi2Class:
    def __init__(self, scope):
        pass

    async def __call__(self, receive, send):
        pass


class Asgi2Instance:
    def __call__(self, scope):
        async def instance(receive, send):
            pass

        return instance


class WsgiClass:
    def __init__(self, environ, start_response):
        pass

    def __iter__(self):
        return iter(())


class AwaitedClass:
    def __init__(self, scope, receive, send):
        pass

    def __await__(self):
        yield


class WithMethods:
    async def rsgi(self, scope, protocol):
        pass

    async def asgi(self, scope, receive, send):
        pass

    def wsgi(self, environ, start_response):
        pass

    def asgi2(self, scope):
        pass

    @classmethod
    async def on_class(cls, scope, receive, send):
        pass

    @staticmethod
    def static_wsgi(environ, start_response):
        pass


class Flask:
    """Flask's __call__ and wsgi_app have annotations and a docstring."""

    def __call__(self, environ: dict, start_response: "StartResponse") -> "Iterable[bytes]":  # noqa: F821
        pass


class Starlette:
    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:  # noqa: F821
        pass


class DefaultsCall:
    def __call__(self, environ, start_response, extra=None, *, debug=False):
        pass


def plain_decorator(function):
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def wrapping_decorator(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def async_decorator(function):
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)

    return wrapper


def factory():
    return asgi


class Compiled:
    """As a callable of a C extension: no signature, no code object."""

    __signature__ = "none"

    def __call__(*args):
        pass


def marked(scope, receive=None, send=None):
    return asgi


marked._is_coroutine_marker = object()

async def rsgi(scope, protocol):
    pass


async def needs_a_keyword(scope, receive, send, *, settings):
    pass


def injected(function):
    """Calls it with one more or one less, and says that it is the same."""

    @functools.wraps(function)
    async def wrapper(*args):
        return await function(*args)

    return wrapper


CASES = [
    (asgi, "asgi"),
    (wsgi, "wsgi"),
    (asgi_plain, "asgi"),
    (Rsgi(), "rsgi"),
    (Rsgi, "factory"),
    (AsyncCall(), "asgi"),
    (SyncCall(), "wsgi"),
    (Asgi2Class, "asgi2"),
    (Asgi2Instance(), "asgi2"),
    (lambda scope: None, "asgi2"),
    (WsgiClass, "wsgi"),
    (AwaitedClass, "asgi"),
    (WithMethods().asgi, "asgi"),
    (WithMethods().wsgi, "wsgi"),
    (WithMethods().asgi2, "asgi2"),
    (WithMethods.on_class, "asgi"),
    (WithMethods.static_wsgi, "wsgi"),
    (Flask(), "wsgi"),
    (Flask().__call__, "wsgi"),
    (Starlette(), "asgi"),
    (Starlette().__call__, "asgi"),
    (DefaultsCall(), "wsgi"),
    (functools.partial(asgi), "asgi"),
    (functools.partial(functools.partial(asgi)), "asgi"),
    (functools.partial(AsyncCall()), "asgi"),
    (functools.partial(wsgi), "wsgi"),
    (functools.partial(lambda settings, environ, start_response: None, {}), "wsgi"),
    (functools.partial(lambda settings, scope, receive, send: None, {}), "asgi"),
    (plain_decorator(wsgi), "wsgi"),
    (wrapping_decorator(wsgi), "wsgi"),
    (wrapping_decorator(asgi), "asgi"),
    (async_decorator(asgi), "asgi"),
    (lambda environ, start_response: None, "wsgi"),
    (lambda a, b, c: None, "asgi"),
    (lambda *args: None, "wsgi"),
    (factory, "factory"),
    (Compiled(), "wsgi"),
    (marked, "asgi"),
    (lambda a, b, c, d: None, None),
    (rsgi, None),
    (functools.partial(rsgi), None),
    (WithMethods().rsgi, None),
    (needs_a_keyword, None),
    (injected(rsgi), "asgi"),
]

FITS = [
    (asgi, 3, True),
    (asgi, 2, False),
    (asgi, 4, False),
    (rsgi, 2, True),
    (AsyncCall(), 3, True),
    (AsyncCall(), 2, False),
    (WithMethods().asgi, 3, True),
    (WsgiClass, 2, True),
    (WsgiClass, 1, False),
    (functools.partial(wsgi, {}), 1, True),
    (functools.partial(wsgi, {}), 2, False),
    (lambda *args: None, 7, True),
    (lambda a, b=1, *, c=2: None, 1, True),
    (needs_a_keyword, 3, False),
    # What cannot be known fits.
    (Compiled(), 5, True),
    (injected(wsgi), 3, True),
]


class DetectTests(unittest.TestCase):
    def test_each_shape_is_recognised(self):
        for application, interface in CASES:
            with self.subTest(repr(application)):
                self.assertEqual(detect(application), interface)

    def test_how_many_arguments_fit(self):
        for application, count, expected in FITS:
            with self.subTest(repr(application), count=count):
                self.assertEqual(fits(application, count), expected)

    def test_mock_is_not_taken_for_a_coroutine_function(self):
        from unittest import mock

        self.assertEqual(detect(mock.create_autospec(wsgi)), "wsgi")

    def test_asgiref_wrappers(self):
        try:
            from asgiref.compatibility import guarantee_single_callable
            from asgiref.wsgi import WsgiToAsgi
        except ImportError:
            self.skipTest("asgiref is not installed")
        self.assertEqual(detect(guarantee_single_callable(Asgi2Class)), "asgi")
        self.assertEqual(detect(guarantee_single_callable(asgi)), "asgi")
        self.assertEqual(detect(WsgiToAsgi(wsgi)), "asgi")

    def test_frameworks(self):
        tested = 0
        for maker, interface in (
            (_flask, "wsgi"),
            (_starlette, "asgi"),
            (_fastapi, "asgi"),
            (_django_wsgi, "wsgi"),
            (_django_asgi, "asgi"),
        ):
            try:
                application = maker()
            except Exception:
                # Not there, or not made for this Python.
                continue
            tested += 1
            with self.subTest(maker.__name__):
                self.assertEqual(detect(application), interface)
        if not tested:
            self.skipTest("no framework is installed")


def _flask():
    import flask

    return flask.Flask("x")


def _starlette():
    from starlette.applications import Starlette

    return Starlette()


def _fastapi():
    from fastapi import FastAPI

    return FastAPI()


def _django_wsgi():
    from django.core.handlers.wsgi import WSGIHandler

    return WSGIHandler.__new__(WSGIHandler)


def _django_asgi():
    from django.core.handlers.asgi import ASGIHandler

    return ASGIHandler.__new__(ASGIHandler)


if __name__ == "__main__":
    unittest.main()
