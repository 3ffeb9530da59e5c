"""Applications with every kind of lifespan."""

import asyncio

from asgi_cases import answer


def with_lifespan(lifespan):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await lifespan(scope, receive, send)
        else:
            await answer(send, repr(sorted(scope.get("state", ["no state"]))).encode())

    return app


@with_lifespan
async def raises(scope, receive, send):
    raise RuntimeError("no lifespan here")


@with_lifespan
async def raises_after_receive(scope, receive, send):
    await receive()
    raise RuntimeError("in the startup")


@with_lifespan
async def returns(scope, receive, send):
    return


@with_lifespan
async def returns_after_receive(scope, receive, send):
    await receive()


@with_lifespan
async def fails(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "the database is away"})


@with_lifespan
async def fails_without_message(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed"})


@with_lifespan
async def fails_as_starlette(scope, receive, send):
    import traceback

    await receive()
    try:
        raise ConnectionError("no route to the database")
    except ConnectionError:
        await send({"type": "lifespan.startup.failed", "message": traceback.format_exc()})
        raise


@with_lifespan
async def waits(scope, receive, send):
    await receive()
    await asyncio.sleep(0.01)
    scope["state"]["ready"] = True
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await asyncio.sleep(0.01)
    print("cleaned up")
    await send({"type": "lifespan.shutdown.complete"})


@with_lifespan
async def shutdown_fails(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.failed", "message": "could not flush"})


@with_lifespan
async def shutdown_raises(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    raise ValueError("in the shutdown")


@with_lifespan
async def ends_early(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    raise ValueError("after the startup")


@with_lifespan
async def breaks_order(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    errors = []
    for kind in (
        "lifespan.startup.complete",
        "lifespan.startup.failed",
        "lifespan.shutdown.complete",
        "http.response.start",
    ):
        try:
            await send({"type": kind})
        except RuntimeError as error:
            errors.append(str(error))
    print(len(errors), "errors")
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
