"""Applications for trio, in other shapes than trio_cases."""

import sniffio


def double(scope):
    async def instance(receive, send):
        if scope["type"] == "lifespan":
            raise NotImplementedError("no lifespan")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": sniffio.current_async_library().encode()})

    return instance


async def failing(scope, receive, send):
    assert scope["type"] == "lifespan"
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})
