"""The JSON channel below /api: browse, search, cart, checkout, orders, account. OpenAPI 3.1 at /api/openapi.json.

`create_app(desk)` gives the ASGI application. Every write is exactly one contract call whose answer is the reply, so a
repeated write under its Idempotency-Key answers byte for byte what it answered first.
"""

from springtide.channels.shop_api.app import create_app

__all__ = ["create_app"]
