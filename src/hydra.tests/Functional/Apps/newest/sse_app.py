"""Events of sse-starlette that wait for the test."""

from signals_board import gate, record
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.routing import Route


async def events(request):
    key = request.path_params["key"]

    async def each():
        try:
            for i in range(3):
                await gate(f"{key}-{i}")
                yield {"event": "count", "data": str(i)}
        finally:
            record(key, "ended")

    return EventSourceResponse(each())


app = Starlette(routes=[Route("/events/{key}", events)])
