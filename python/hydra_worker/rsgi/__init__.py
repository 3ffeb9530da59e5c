"""RSGI 1.6 over asyncio or uvloop."""
