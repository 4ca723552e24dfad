"""How Mollie shows its objects: HAL+JSON, decimal amounts, moments only once they happened."""

from typing import Any
from urllib.parse import urlencode

from tests.fakes.mollie_books import FINAL, MollieBooks, Part, Payment, iso
from tests.fakes.mollie_rules import show_amount

Object = dict[str, Any]
HAL = "application/hal+json"
AS_GIVEN = ("description", "redirectUrl", "cancelUrl", "webhookUrl", "metadata", "locale")


def payment(origin: str, books: MollieBooks, of: Payment, embed: str = "") -> Object:
    """A payment, with what was asked to come along."""
    shown: Object = {
        "resource": "payment",
        "id": of.id,
        "mode": "test",
        "createdAt": iso(of.created_at),
        "amount": show_amount(of.amount_minor, of.currency),
        "method": of.method,
        "status": of.status,
        "profileId": "pfl_fake",
        "sequenceType": "oneoff",
        **{name: of.body[name] for name in AS_GIVEN if name in of.body},
        **{name: iso(moment) for name, moment in of.moments.items()},
        "_links": {"self": {"href": f"{origin}/v2/payments/{of.id}", "type": HAL}},
    }
    if of.method == "creditcard":
        shown["captureMode"] = of.capture_mode
    if of.status not in FINAL:
        shown["isCancelable"] = of.is_cancelable and of.status in {"open", "pending"}
    if of.status == "open":
        shown["expiresAt"] = iso(of.expires_at)
        shown["_links"]["checkout"] = {"href": f"{origin}/checkout/{of.token}", "type": "text/html"}
    if of.failure_reason is not None:
        shown["details"] = {"failureReason": of.failure_reason, "failureMessage": "The payment failed."}
    shown |= _sums(books, of)
    parts = {"captures": map(capture, _of(books.captures, of)), "refunds": map(refund, _of(books.refunds, of))}
    embedded = {name: list(made) for name, made in parts.items() if name in embed.split(",")}
    return shown | ({"_embedded": embedded} if embedded else {})


def capture(of: Part) -> Object:
    """A capture."""
    return _part(of, "capture")


def refund(of: Part) -> Object:
    """A refund."""
    return _part(of, "refund") | {"metadata": of.body.get("metadata")}


def listing(origin: str, kind: str, shown: list[Object], query: dict[str, str]) -> Object:
    """One page of a listing, newest first; ``from`` is the first one on it."""
    limit = int(query.get("limit", "50"))
    assert 1 <= limit <= 250, "Mollie refuses such a limit"
    names = [one["id"] for one in shown]
    start = names.index(query["from"]) if "from" in query else 0
    page, rest = shown[start : start + limit], names[start + limit :]
    href = f"{origin}/v2/{kind}?{urlencode({'from': rest[0], 'limit': limit})}" if rest else ""
    return {
        "count": len(page),
        "_embedded": {kind: page},
        "_links": {
            "self": {"href": f"{origin}/v2/{kind}", "type": HAL},
            "previous": None,
            "next": {"href": href, "type": HAL} if rest else None,
        },
    }


def _sums(books: MollieBooks, of: Payment) -> Object:
    captured, refunded = books.captured_minor(of), books.refunded_minor(of)
    sums = {}
    if of.capture_mode == "manual" and "authorizedAt" in of.moments:
        sums["amountCaptured"] = show_amount(captured, of.currency)
    if of.status == "paid":
        sums["amountRefunded"] = show_amount(refunded, of.currency)
        sums["amountRemaining"] = show_amount(captured - refunded, of.currency)
    return sums


def _of(parts: dict[str, Part], of: Payment) -> list[Part]:
    return [part for part in parts.values() if part.payment_id == of.id]


def _part(of: Part, resource: str) -> Object:
    return {
        "resource": resource,
        "id": of.id,
        "mode": "test",
        "amount": show_amount(of.amount_minor, of.currency),
        "status": of.status,
        "paymentId": of.payment_id,
        "description": of.body.get("description", ""),
        "createdAt": iso(of.created_at),
    }
