"""Who is signed in: asked of `customers` for every page, remembered for a few seconds.

The scopes travel with every call: a session that was ended or lost a role elsewhere goes on for `KEPT_FOR_S` at most.
"""

import time
from collections import OrderedDict

from springtide.contracts.customers.api import CustomersApi, Session, SessionGone
from springtide.platform.caller import Kind, guest
from springtide.platform.ids import token_hash

KEPT_FOR_S = 3.0
MAX_KEPT = 500
SESSION_COOKIE = "springtide_staff"
_MAX_TOKEN = 200


class Sessions:
    """Live staff sessions by the hash of their token: at most `MAX_KEPT`, the oldest leaves first."""

    def __init__(self, customers: CustomersApi) -> None:
        self._customers = customers
        self._kept: OrderedDict[bytes, tuple[float, Session]] = OrderedDict()

    async def find(self, token: str, request_id: str) -> Session:
        """Return the live staff session of a token; `SessionGone` also for a buyer's session."""
        if not token or len(token) > _MAX_TOKEN:
            msg = "Nobody is signed in here."
            raise SessionGone(msg)
        name = token_hash(token)
        kept = self._kept.get(name)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        session = await self._customers.session(caller=guest(request_id), token=token)
        if session.caller.kind is not Kind.STAFF:
            msg = "This is a buyer's session; the back office is for staff."
            raise SessionGone(msg)
        self._keep(name, session)
        return session

    def forget(self, token: str) -> None:
        """Drop what is remembered of a token (sign-out)."""
        self._kept.pop(token_hash(token), None)

    def forget_all(self) -> None:
        """Drop everything: roles have changed."""
        self._kept.clear()

    def _keep(self, name: bytes, session: Session) -> None:
        self._kept[name] = (time.monotonic() + KEPT_FOR_S, session)
        self._kept.move_to_end(name)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
