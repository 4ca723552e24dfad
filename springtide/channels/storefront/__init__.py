"""The shop's HTML pages, rendered on the server; everything works without script. `create_app(desk)` makes them."""

from springtide.channels.storefront.app import create_app

__all__ = ["create_app"]
