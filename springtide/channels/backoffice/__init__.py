"""The back office (HTML): a process of its own, so that trouble in the shop never locks staff out, nor the reverse."""

from springtide.channels.backoffice.app import create_app

__all__ = ["create_app"]
