"""Gateways are called outside of transactions only: no lock is ever held while somebody else takes their time."""

from springtide.platform.db import transaction_is_open
from springtide.platform.http_client import HttpClient


class CalledInsideTransaction(RuntimeError):
    """A gateway was about to be called while a transaction was open."""


def gateway_client(*, base_url: str, deadline_s: float) -> HttpClient:
    """Return a client that refuses to call while a transaction is open."""
    return HttpClient(base_url=base_url, deadline_s=deadline_s, before_call=_check)


def _check() -> None:
    if transaction_is_open():
        msg = "a gateway was called while a transaction was open"
        raise CalledInsideTransaction(msg)
