"""When a parcel arrives: a promise from a shipping method's days and cut-off. Working days are Monday to Friday."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from springtide.contracts.pricing.api import ShippingMethod

_SATURDAY = 5


def delivered_by(now: datetime, zone: ZoneInfo, *, days_max: int, cut_off_local: str) -> date:
    """Return the latest day of delivery of something ordered `now`: it leaves today when `now` is a working day before
    the cut-off ("16:00"), else on the next working day, and then takes `days_max` working days.
    """
    local = now.astimezone(zone)
    leaves = local.date()
    if local.time() >= _cut_off(cut_off_local):
        leaves += timedelta(days=1)
    while leaves.weekday() >= _SATURDAY:
        leaves += timedelta(days=1)
    return _working_days_after(leaves, days_max)


def next_cut_off(now: datetime, zone: ZoneInfo, cut_off_local: str) -> datetime:
    """Return when the promised day may next change: at the cut-off or, where there is none, at midnight; in UTC."""
    local = now.astimezone(zone)
    at = _cut_off(cut_off_local) if cut_off_local else time.min
    day = local.date() if local.time() < at else local.date() + timedelta(days=1)
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def usual(methods: tuple[ShippingMethod, ...], country: str) -> ShippingMethod | None:
    """Return the method to promise by in a country: the cheapest, so that day and price belong together."""
    serving = [method for method in methods if country in method.countries]
    return min(serving, key=lambda method: (method.price_minor, method.days_max), default=None)


def _cut_off(text: str) -> time:
    return time.fromisoformat(text) if text else time.max


def _working_days_after(day: date, days: int) -> date:
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY:
            days -= 1
    return day
