"""WSGI (PEP 3333) over threads, without asyncio."""
