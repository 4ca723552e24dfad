"""Taking what a web process has collected."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

import msgspec

from springtide.contexts.insight import store
from springtide.contexts.insight.domain.funnel import bits_of
from springtide.contracts.insight.api import (
    LONGEST_NAME,
    LONGEST_WORDS,
    MOST_COUNTED,
    MOST_PAGES,
    MOST_SEEN,
    MOST_VISITS,
    Batch,
    InvalidInsight,
    OrderSeen,
    Step,
    VisitSeen,
)
from springtide.platform.db import Tx
from springtide.platform.telemetry import logger

log = logger(__name__)

_VISIT = re.compile(r"[0-9a-f]{32}")
_COUNTED = frozenset({Step.VISIT, Step.PRODUCT, Step.SEARCH})
_LIMITS = {
    "seen": MOST_SEEN,
    "visits": MOST_VISITS,
    "pages": MOST_PAGES,
    "searches": MOST_PAGES,
    "orders": MOST_VISITS,
    "minutes": MOST_SEEN,
}


def require_bounded(batch: Batch) -> None:
    """Raise `InvalidInsight` when the batch has more than one call may bring, or counts what facts count."""
    for field, most in _LIMITS.items():
        if len(getattr(batch, field)) > most:
            msg = f"{field}: at most {most} in one batch."
            raise InvalidInsight(msg, field=field)
    for field in ("seen", "visits", "pages", "searches", "minutes"):
        for one in getattr(batch, field):
            _require_fitting(field, msgspec.structs.asdict(one))
    visits = [*(one.visit for one in batch.visits), *(one.visit for one in batch.orders)]
    if not all(map(_VISIT.fullmatch, visits)):
        msg = "A visit has an id of 32 hex characters."
        raise InvalidInsight(msg, field="visits")
    if any(one.step not in _COUNTED for one in batch.seen):
        msg = "Carts, completions and orders are counted from facts, not from pages."
        raise InvalidInsight(msg, field="seen")


def _require_fitting(field: str, values: Mapping[str, object]) -> None:
    """Raise `InvalidInsight` when a text is too long or cannot be stored, or a count is none."""
    for name, value in values.items():
        longest = LONGEST_WORDS if name == "words" else LONGEST_NAME
        is_good = (len(value) <= longest and "\0" not in value) if isinstance(value, str) else True
        if isinstance(value, int):
            is_good = 0 <= value <= MOST_COUNTED
        if not is_good:
            msg = f"{field}: {name} is outside of its bounds."
            raise InvalidInsight(msg, field=field)


async def record_batch(tx: Tx, batch: Batch, *, secret_key: str, targets: Iterable[str]) -> None:
    """Add everything in one transaction."""
    if batch.seen:
        await store.add_steps(tx, batch.seen)
    if batch.visits:
        await _add_visits(tx, batch.visits, secret_key)
    if batch.pages:
        await store.add_pages(tx, batch.pages)
    if batch.searches:
        await store.add_searches(tx, batch.searches)
    if batch.minutes:
        await store.add_minutes(tx, batch.minutes)
    if batch.orders:
        await _note_orders(tx, batch.orders, secret_key, targets)
    if batch.dropped:
        log.warning("insight.dropped", events=batch.dropped)


async def _add_visits(tx: Tx, visits: Iterable[VisitSeen], secret_key: str) -> None:
    """Join the steps of a visit that stands in the batch twice, and add all visits."""
    joined: dict[str, tuple[VisitSeen, int]] = {}
    for one in visits:
        known, bits = joined.get(one.visit, (one, 0))
        joined[one.visit] = (known, bits | bits_of(one.steps))
    await tx.run(
        "add_visits",
        {
            "now": tx.now,
            "ids": [hashed(visit, secret_key) for visit in joined],
            "markets": [one.market for one, _ in joined.values()],
            "devices": [str(one.device) for one, _ in joined.values()],
            "steps": [bits for _, bits in joined.values()],
        },
    )


async def _note_orders(tx: Tx, orders: Iterable[OrderSeen], secret_key: str, targets: Iterable[str]) -> None:
    by_order = {one.order_id: hashed(one.visit, secret_key) for one in orders}
    await tx.run("note_visits_orders", {"now": tx.now, "orders": list(by_order), "visits": list(by_order.values())})
    for target in targets:
        await tx.run("order_exports", {"target": target, "now": tx.now, "orders": list(by_order)})


def hashed(visit: str, secret_key: str) -> str:
    """Return what is kept of a visit's id: the browser's cookie cannot be told from it, nor it from a cookie alone."""
    return hmac.new(secret_key.encode(), f"visit:{visit}".encode(), hashlib.sha256).hexdigest()[:32]
