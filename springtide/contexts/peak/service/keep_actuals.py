"""What was sold is kept: once, whoever tells it how often, a file above the shop's own orders."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from springtide.contexts.peak.store import put_raw
from springtide.contracts.peak.actuals import MOST_HOURS, MOST_PRODUCTS, Actuals
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.platform.db import Tx

SHOP = "shop"
_LONGEST_NAME = 200


async def keep_actuals(tx: Tx, actuals: Actuals) -> int:
    """Write what is new or other; return how many hours are. `InvalidPeakInput` names everything that cannot be.

    Everything between `since` and `until` was told: hours that this source told before and does not tell now are gone.
    """
    mistakes = list(_mistakes(actuals))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    span = {"since": actuals.since, "until": actuals.until, "source": actuals.source}
    hours = [one.hour for one in actuals.hours]
    await tx.run("put_feed", {**span, "at": tx.now})  # the lock of two feeds of one source at once
    gone = await tx.run("drop_hours", {**span, "hours": hours})
    changed = await tx.run(
        "put_hours",
        {
            "source": actuals.source,
            "at": tx.now,
            "hours": hours,
            "orders": [one.orders for one in actuals.hours],
            "units": [one.units for one in actuals.hours],
            "revenues": [one.revenue_minor for one in actuals.hours],
        },
    )
    if actuals.products:
        await _keep_goods(tx, actuals)
    if actuals.days:
        await put_raw(tx, actuals)
    if actuals.source != SHOP:
        tx.audit("actuals_told", actuals.source, hours=changed, until=actuals.until.isoformat())
    return gone + changed


async def _keep_goods(tx: Tx, actuals: Actuals) -> None:
    days, skus = [one.day for one in actuals.products], [one.sku for one in actuals.products]
    told = {"source": actuals.source, "days": days, "skus": skus}
    after = (actuals.until + timedelta(days=1) - timedelta(microseconds=1)).date()
    await tx.run("drop_days", {**told, "first": actuals.since.date(), "until": after})
    await tx.run("put_days", {**told, "units": [one.units for one in actuals.products]})


def _mistakes(actuals: Actuals) -> Iterator[Mistake]:
    where = actuals.source
    if not 1 <= len(where.strip()) <= _LONGEST_NAME:
        yield Mistake(where="source", rule="source", message=f"a source has a name of 1 to {_LONGEST_NAME} characters")
    if len(actuals.hours) > MOST_HOURS or len(actuals.products) > MOST_PRODUCTS:
        message = f"at most {MOST_HOURS} hours and {MOST_PRODUCTS} rows of products at once"
        yield Mistake(where=where, rule="too_many", message=message)
    if actuals.until < actuals.since or not (_begins_hour(actuals.since) and _begins_hour(actuals.until)):
        message = f"{actuals.since} to {actuals.until} is no span of whole local hours"
        yield Mistake(where=where, rule="span", message=message)
    told: set[datetime] = set()
    for row, one in enumerate(actuals.hours, start=1):
        if not _begins_hour(one.hour) or not actuals.since <= one.hour < actuals.until:
            yield Mistake(where=where, rule="hour", row=row, message=f"{one.hour} is no hour of the span that is told")
        if one.hour in told:
            yield Mistake(where=where, rule="told_twice", row=row, message=f"{one.hour} is there twice")
        if min(one.orders, one.units) < 0:
            yield Mistake(where=where, rule="no_count", row=row, message=f"{one.orders} orders of {one.units} units")
        told.add(one.hour)
    goods = {(one.day, one.sku) for one in actuals.products}
    if len(goods) != len(actuals.products) or any(one.units < 0 for one in actuals.products):
        message = "a product stands once on a day, with a number of units from 0"
        yield Mistake(where=where, rule="products", message=message)


def _begins_hour(moment: datetime) -> bool:
    return moment.tzinfo is None and (moment.minute, moment.second, moment.microsecond) == (0, 0, 0)
