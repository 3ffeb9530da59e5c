"""Applications of aiohttp, through aiohttp's own request handling, without a socket."""
