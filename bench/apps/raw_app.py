"""The application of the benchmark for Hydra's own interface."""

HEADERS = (("content-type", "text/plain; charset=utf-8"),)


def app(request):
    """One response for every path."""
    return 200, HEADERS, b"Hello, World!"
