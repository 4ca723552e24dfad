"""Plain ASGI middleware in front of the channels."""
