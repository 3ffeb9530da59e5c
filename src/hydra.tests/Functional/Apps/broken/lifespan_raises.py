async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        raise ConnectionError("the queue does not answer")
