"""Who is calling: carried by every contract call, written on every audit row and event."""

from enum import StrEnum

import msgspec

from springtide.platform.errors import Forbidden


class Kind(StrEnum):
    """The kind of principal behind a call."""

    GUEST = "guest"
    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The acting principal.

    `actor`: id of the customer or staff member, a context's name for the system, "" for a guest.
    `scopes`: what the actor may do (staff permissions such as "orders.refund"; the system has "*").
    `request_id`: ties log lines, audit rows and events of one request together.
    `reason`: why, in the words of the person acting; required by some staff use cases.
    """

    actor: str
    kind: Kind
    scopes: frozenset[str] = frozenset()
    request_id: str = ""
    reason: str = ""

    @property
    def principal(self) -> str:
        """Key of this caller in idempotency rows, audit rows and events."""
        return f"{self.kind}:{self.actor}"

    def require(self, scope: str) -> None:
        """Raise `Forbidden` unless the caller holds `scope`, its family ("orders.*") or everything ("*")."""
        family = scope.partition(".")[0] + ".*"
        if not self.scopes & {scope, family, "*"}:
            msg = f"This needs the permission {scope}."
            raise Forbidden(msg, scope=scope)


def system(context: str, request_id: str = "") -> Caller:
    """Return the caller a context uses when it acts by itself (recovery, subscribers, jobs)."""
    return Caller(actor=context, kind=Kind.SYSTEM, scopes=frozenset({"*"}), request_id=request_id)


def guest(request_id: str = "") -> Caller:
    """Return a guest; what a guest may see is decided by capability tokens."""
    return Caller(actor="", kind=Kind.GUEST, request_id=request_id)
