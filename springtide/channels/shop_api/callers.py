"""Who is asking: a guest, or the customer whose session token came as bearer."""

import hashlib
from uuid import UUID

import msgspec

from springtide.channels.browse.desk import Desk
from springtide.contracts.customers.api import CustomersApi, SessionGone
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.errors import Unauthenticated
from springtide.platform.http import HttpRequest, request_id

_TOKEN_LIMIT = 200


def desk_of(request: HttpRequest) -> Desk:
    """Return what this channel was given."""
    desk: Desk = request.app.state["desk"]
    return desk


def bearer(request: HttpRequest) -> str:
    """Return the session token of `Authorization: Bearer …`, "" when there is none; anything else is refused."""
    header = request.headers.get("authorization", "")
    if not header:
        return ""
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _TOKEN_LIMIT or not token.isascii():
        msg = "Authorization is `Bearer` and a session token."
        raise Unauthenticated(msg)
    return token


async def caller_of(request: HttpRequest) -> Caller:
    """Return a guest, or the customer behind the session; `SessionGone`. Staff sessions do not count here."""
    token = bearer(request)
    identity = request_id(request)
    if not token:
        return guest(identity)
    session = await desk_of(request).ask(CustomersApi).session(caller=guest(identity), token=token)
    if session.caller.kind is not Kind.CUSTOMER:
        msg = "This is not a customer's session."
        raise SessionGone(msg)
    return msgspec.structs.replace(session.caller, request_id=identity)


async def customer_of(request: HttpRequest) -> Caller:
    """Return the signed-in customer; `Unauthenticated` for a guest."""
    if not bearer(request):
        msg = "Sign in first: POST /api/account/sign-in gives a session token."
        raise Unauthenticated(msg)
    return await caller_of(request)


def key_for(key: str, thing: UUID) -> str:
    """Return the key under which a write on `thing` is remembered.

    All guests are one principal to a context; with the thing's id in it, two guests who both chose "checkout-1" do not
    get in each other's way.
    """
    return hashlib.sha256(f"{thing}:{key}".encode()).hexdigest()
