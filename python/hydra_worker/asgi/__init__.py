"""ASGI 3 and ASGI 2 over asyncio or uvloop."""
