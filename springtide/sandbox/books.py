"""Statements of the gateway's books: each function runs inside a ledger transaction it is given."""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from springtide.sandbox.model import Change, CreatePayment, Payment, Refused, Scenario, Status

ENTRY_PAGE_LIMIT = 500


def payment_by_id(cx: sqlite3.Connection, payment_id: str, account: str | None = None) -> Payment:
    """Return the payment, refused with 404 when it is not there or belongs to another account."""
    row = cx.execute("SELECT doc FROM payments WHERE id = ?", (payment_id,)).fetchone()
    payment = None if row is None else msgspec.json.decode(row["doc"], type=Payment)
    if payment is None or account not in (None, payment.account):
        msg = "not_found"
        raise Refused(msg, "no such payment", status=404)
    return payment


def payment_by_reference(cx: sqlite3.Connection, account: str, merchant_reference: str) -> Payment:
    """Return the payment with the merchant's own reference, refused with 404."""
    row = cx.execute(
        "SELECT doc FROM payments WHERE account = ? AND merchant_reference = ?", (account, merchant_reference)
    ).fetchone()
    if row is None:
        msg = "not_found"
        raise Refused(msg, "no such payment", status=404)
    return msgspec.json.decode(row["doc"], type=Payment)


def payment_by_token(cx: sqlite3.Connection, page_token: str) -> Payment:
    """Return the payment whose page the buyer opened, refused with 404."""
    row = cx.execute("SELECT doc FROM payments WHERE page_token = ?", (page_token,)).fetchone()
    if row is None:
        msg = "not_found"
        raise Refused(msg, "no such payment", status=404)
    return msgspec.json.decode(row["doc"], type=Payment)


def insert_payment(
    cx: sqlite3.Connection, *, account: str, request: CreatePayment, scenario: Scenario, now: float
) -> Payment:
    """Write a new payment that waits for its buyer."""
    payment = Payment(
        id=f"pay_{secrets.token_hex(12)}",
        account=account,
        merchant_reference=request.merchant_reference,
        method=request.method,
        amount_minor=request.amount_minor,
        currency=request.currency,
        capture=request.capture,
        return_url=request.return_url,
        page_token=secrets.token_urlsafe(24),
        created_at=now,
        expires_at=request.expires_at,
        webhook_url=request.webhook_url,
        locale=request.locale,
        country=request.country,
        description=request.description,
        scenario=scenario,
    )
    try:
        cx.execute(
            "INSERT INTO payments (id, account, merchant_reference, page_token, status, doc) VALUES (?, ?, ?, ?, ?, ?)",
            (payment.id, account, payment.merchant_reference, payment.page_token, payment.status, _doc(payment)),
        )
    except sqlite3.IntegrityError as error:
        code, message = "duplicate_reference", "this merchant reference has a payment already"
        raise Refused(code, message, status=409) from error
    return payment


def save_payment(cx: sqlite3.Connection, payment: Payment) -> None:
    """Write a payment back without money moving."""
    cx.execute("UPDATE payments SET status = ?, doc = ? WHERE id = ?", (payment.status, _doc(payment), payment.id))


def apply(cx: sqlite3.Connection, change: Change, *, reference: str = "", now: float) -> Payment:
    """Write a decision: the payment, its ledger entries and the webhook that tells the merchant."""
    payment = change.payment
    save_payment(cx, payment)
    for kind, amount_minor in change.entries:
        cx.execute(
            "INSERT INTO entries (account, payment_id, merchant_reference, kind, amount_minor, currency, reference,"
            " occurred_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                payment.account,
                payment.id,
                payment.merchant_reference,
                kind,
                amount_minor,
                payment.currency,
                reference,
                now,
            ),
        )
    if payment.webhook_url is not None and payment.scenario.webhook != "never":
        _queue_webhook(cx, change, now=now)
    return payment


class EntryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are asked for: those of ``account`` after ``seq``, not older than Unix second ``since``."""

    account: str
    after: int
    since: int
    limit: int


def entries_of(cx: sqlite3.Connection, page: EntryPage) -> list[dict[str, Any]]:
    """Ledger entries in order, at most one page."""
    rows = cx.execute(
        "SELECT seq, payment_id, merchant_reference, kind, amount_minor, currency, reference, occurred_at"
        " FROM entries WHERE account = ? AND seq > ? AND occurred_at >= ? ORDER BY seq LIMIT ?",
        (page.account, page.after, page.since, page.limit),
    )
    return [dict(row) for row in rows]


def once(
    cx: sqlite3.Connection, *, account: str, key: str, request: bytes, act: Callable[[], tuple[int, bytes]]
) -> tuple[int, bytes]:
    """Answer a repeated request from the book; the same key for another request is refused with 409.

    Refusals of ``act`` are answers too: they are kept, and what ``act`` wrote before refusing is undone.
    """
    digest = hashlib.sha256(request).digest()
    row = cx.execute(
        "SELECT request_hash, status, reply FROM idempotency WHERE account = ? AND key = ?", (account, key)
    ).fetchone()
    if row is not None:
        if row["request_hash"] != digest:
            code, message = "idempotency_conflict", "this key was used for another request"
            raise Refused(code, message, status=409)
        return row["status"], row["reply"]
    cx.execute("SAVEPOINT act")
    try:
        status, reply = act()
    except Refused as refused:
        cx.execute("ROLLBACK TO act")
        status, reply = refused.status, refusal_body(refused)
    cx.execute("RELEASE act")
    cx.execute(
        "INSERT INTO idempotency (account, key, request_hash, status, reply) VALUES (?, ?, ?, ?, ?)",
        (account, key, digest, status, reply),
    )
    return status, reply


def refusal_body(refused: Refused) -> bytes:
    """Return the JSON that every refusal answers with."""
    return msgspec.json.encode({"error": {"code": refused.code, "message": str(refused)}})


def add_timer(cx: sqlite3.Connection, *, payment: Payment, act: str, due_at: float) -> None:
    """Let ``act`` happen to the payment at ``due_at``."""
    cx.execute("INSERT INTO timers (due_at, payment_id, act) VALUES (?, ?, ?)", (due_at, payment.id, act))


def take_due_timers(cx: sqlite3.Connection, now: float, limit: int = 200) -> list[tuple[str, str]]:
    """Remove and give back the ``(payment id, act)`` that are due."""
    rows = cx.execute(
        "SELECT seq, payment_id, act FROM timers WHERE due_at <= ? ORDER BY due_at, seq LIMIT ?", (now, limit)
    ).fetchall()
    cx.executemany("DELETE FROM timers WHERE seq = ?", [(row["seq"],) for row in rows])
    return [(row["payment_id"], row["act"]) for row in rows]


def next_due_at(cx: sqlite3.Connection) -> float | None:
    """When the next timer or webhook is due."""
    row = cx.execute(
        "SELECT min(due_at) AS due_at FROM (SELECT min(due_at) AS due_at FROM timers"
        " UNION ALL SELECT min(due_at) FROM webhooks WHERE copies_left > 0)"
    ).fetchone()
    due_at: float | None = row["due_at"]
    return due_at


def public(payment: Payment, origin: str) -> dict[str, Any]:
    """Return what the merchant sees of a payment; the page address only while the buyer is awaited."""
    waiting = payment.status is Status.AWAITING_BUYER
    return {
        "id": payment.id,
        "merchant_reference": payment.merchant_reference,
        "method": payment.method,
        "status": payment.status,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "capture": payment.capture,
        "authorised_minor": payment.authorised_minor,
        "captured_minor": payment.captured_minor,
        "refunded_minor": payment.refunded_minor,
        "released_minor": payment.released_minor,
        "decline_code": payment.decline_code,
        "last4": payment.last4,
        "late": payment.late,
        "created_at": payment.created_at,
        "expires_at": payment.expires_at,
        "redirect_url": f"{origin}/pay/{payment.page_token}" if waiting else None,
    }


def outages(cx: sqlite3.Connection) -> set[str]:
    """Return the accounts that are out of order; ``*`` means all."""
    return {row["account"] for row in cx.execute("SELECT account FROM outages")}


def _doc(payment: Payment) -> bytes:
    return msgspec.json.encode(payment)


def _queue_webhook(cx: sqlite3.Connection, change: Change, *, now: float) -> None:
    payment, scenario = change.payment, change.payment.scenario
    event_id = f"evt_{secrets.token_hex(12)}"
    body = {"id": event_id, "type": change.event, "created": now, "data": public(payment, "") | {"redirect_url": None}}
    wait_s = scenario.webhook_delay_ms / 1000 if scenario.webhook == "late" else 0.0
    cx.execute(
        "INSERT INTO webhooks (event_id, account, payment_id, url, body, due_at, copies_left)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            event_id,
            payment.account,
            payment.id,
            payment.webhook_url,
            msgspec.json.encode(body),
            now + wait_s,
            2 if scenario.webhook == "twice" else 1,
        ),
    )
