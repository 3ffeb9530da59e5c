"""The WSGI application of the benchmark: hello."""

HELLO = b"Hello, World!"
HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(HELLO)))]


def app(environ, start_response):
    """Answers every path the same way."""
    start_response("200 OK", list(HEADERS))
    return [HELLO]
