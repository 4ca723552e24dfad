"""Gateways are called outside of transactions only: no lock is ever held while somebody else takes their time."""

from collections.abc import Awaitable

from springtide.contexts.payments.providers.port import OutcomeUnknown, ProviderUnavailable
from springtide.platform.db import transaction_is_open
from springtide.platform.http_client import HttpAnswer, HttpClient, NoAnswer, NotReached


class CalledInsideTransaction(RuntimeError):
    """A gateway was about to be called while a transaction was open."""


def gateway_client(*, base_url: str, deadline_s: float) -> HttpClient:
    """Return a client that refuses to call while a transaction is open."""
    return HttpClient(base_url=base_url, deadline_s=deadline_s, before_call=_check)


async def answered(request: Awaitable[HttpAnswer]) -> HttpAnswer:
    """Wait for a gateway's answer. It was never reached: `ProviderUnavailable`; nobody knows: `OutcomeUnknown`."""
    try:
        return await request
    except NotReached as error:
        msg = "not_reached"
        raise ProviderUnavailable(msg, str(error)) from error
    except NoAnswer as error:
        msg = "no_answer"
        raise OutcomeUnknown(msg, str(error)) from error


def _check() -> None:
    if transaction_is_open():
        msg = "a gateway was called while a transaction was open"
        raise CalledInsideTransaction(msg)
