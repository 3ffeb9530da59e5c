"""A server of the Model Context Protocol over streamable HTTP, and over events, with one tool."""

from mcp.server import MCPServer

server = MCPServer("calculator", log_level="WARNING")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


app = server.streamable_http_app()
sse = server.sse_app()
