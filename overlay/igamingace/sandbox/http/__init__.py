"""The HTTP side: from an ASGI request to its response, and the server."""
