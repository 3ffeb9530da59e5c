"""The RSGI application of the benchmark: hello, as granian's examples are written."""


async def app(scope, protocol):
    """One response for every path."""
    protocol.response_str(200, [("content-type", "text/plain; charset=utf-8")], "Hello, World!")
