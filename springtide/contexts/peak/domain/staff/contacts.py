"""Orders become contacts days later; late parcels make more of them, and presents come back in January."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.opening import share
from springtide.contracts.peak.staff_terms import ContactTerms, StaffTerms

Floats = NDArray[np.float64]
_WARM_UP_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Contacts per path and day, (paths, days), before a bot took any; `answered_by_bot` says how many it took.

    `returning`: orders in the rhythm of returns: an order counts once, spread over the days its return would come.
    """

    all: Floats
    people: dict[str, Floats]
    """By channel: those that reach a person."""
    answered_by_bot: Floats
    returning: Floats


def contacts_of(
    totals: PathTotals, terms: StaffTerms, *, per_order: float, late_parcels: NDArray[np.floating] | None = None
) -> Contacts:
    """Return the contacts of the paths' orders.

    `per_order`: contacts per order over its life, late parcels of a usual year included. `late_parcels`: parcels late
    beyond that, (paths, days), by the day they were promised. Orders before the season are taken to be as many a day
    as in its first week on the same path.
    """
    says = terms.contacts
    orders = totals.daily_orders
    before = np.repeat(
        orders[:, :_WARM_UP_DAYS].mean(axis=1, keepdims=True), max(len(says.order_lags), len(says.return_lags)), axis=1
    )
    found = orders * (per_order * share(says.before_share))
    found += _lagged(orders, says.order_lags, before) * (per_order * share(says.order_share))
    returning = _returns(totals.season, orders, before, says)
    found += returning * (per_order * share(says.return_share))
    if late_parcels is not None:
        late = np.asarray(late_parcels, dtype=np.float64)
        none = np.zeros((late.shape[0], len(says.late_lags)))
        found += _lagged(late, says.late_lags, none) * says.late_contacts.value
    people = {
        channel.id: found * (share(channel.share) * (1.0 - share(channel.bot_share))) for channel in terms.channels
    }
    by_bot = found - sum(people.values(), np.zeros_like(found))
    return Contacts(all=found, people=people, answered_by_bot=by_bot, returning=returning)


def _lagged(orders: NDArray[np.floating], lags: tuple[float, ...], before: NDArray[np.floating]) -> Floats:
    """Return what comes 1, 2, ... days after, (paths, days); `before`: the days before the first one."""
    line = np.concatenate([before, orders], axis=1)
    head, days = before.shape[1], orders.shape[1]
    found = np.zeros(orders.shape)
    for lag, weight in enumerate(lags, start=1):
        found += weight * line[:, head - lag : head - lag + days]
    return found


def _returns(season: Season, orders: Floats, before: Floats, says: ContactTerms) -> Floats:
    kept = np.zeros(orders.shape[1])
    later = np.zeros_like(orders)
    for index, day in enumerate(season.dates):
        if not says.gifts_from <= day.strftime("%m-%d") <= says.gifts_until:
            continue
        kept[index] = share(says.held_back)
        for offset, weight in enumerate(_falling(says.returns_days)):
            target = (_returns_begin(day, says.returns_from) - season.first).days + offset
            if index < target < season.days:
                later[:, target] += kept[index] * weight * orders[:, index]
    return _lagged(orders * (1.0 - kept), says.return_lags, before) + later


def _returns_begin(day: date, month_day: str) -> date:
    month, day_of_month = (int(part) for part in month_day.split("-"))
    begin = date(day.year, month, day_of_month)
    return begin if begin > day else date(day.year + 1, month, day_of_month)


def _falling(days: int) -> Floats:
    weights = np.exp(-np.arange(days) * (3.0 / days))
    scaled: Floats = weights / weights.sum()
    return scaled
