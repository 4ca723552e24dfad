"""All that the methods of a forecast share at one origin: opening days, season, events, weeks."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.events import DayMarks, mark_days
from springtide.contexts.peak.domain.forecast.baselines import divided
from springtide.contexts.peak.domain.forecast.days import Opening, opening_of, weekday_shares, weekdays_from
from springtide.contexts.peak.domain.forecast.groups import Groups, groups_of
from springtide.contexts.peak.domain.forecast.profile import Evidence, Uplift, evidence_of, scatter_of, strong
from springtide.contexts.peak.domain.forecast.seasonal import YEAR, christmas_prior, season_index
from springtide.contexts.peak.domain.forecast.uplift import uplift_of
from springtide.contexts.peak.domain.forecast.weekdays import own_weekdays
from springtide.contexts.peak.domain.forecast.weeks import WEEK, Weeks, floored, tamed, usable, weeks_of
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contracts.peak.calendar import EventCalendar
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

_MOST_AHEAD = 400
_FEW_HOLIDAYS = 3
_MASK_LEAVES = 4.0
"""Windows of events are left out of the level only while so many usual weeks of the last 13 stay."""
_LEVEL_DAYS = 13 * WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One origin: a history, and `ahead` days after it.

    `index`: float64 (days + ahead, categories), share of a usual week with opening days, season and events; `season`:
    the same without opening days and events. `weeks` has windows of events that move this shop left out of the level.
    `evidence`: past windows, also of events that move nothing. `weekdays`: float64 (7, products) from the weekday of
    the first day, what a product's week has of its own; None where that is nothing.
    """

    demand: Demand
    ahead: int
    groups: Groups
    opening: Opening
    marks: DayMarks
    season: NDArray[np.float64]
    index: NDArray[np.float64]
    uplift: Uplift
    weeks: Weeks
    evidence: tuple[Evidence, ...]
    weekdays: NDArray[np.float64] | None = None

    @property
    def steps(self) -> int:
        """Return how many weeks are ahead, the last one perhaps not whole."""
        return -(-self.ahead // WEEK)

    @property
    def step_of(self) -> NDArray[np.intp]:
        """Return the week of each day ahead, 0 for the first, (ahead,)."""
        return np.arange(self.ahead) // WEEK

    @property
    def calendar_ahead(self) -> NDArray[np.float64]:
        """Return the shares of a usual week by opening alone, (ahead,)."""
        return self.opening.calendar[self.demand.days :]

    def index_ahead(self) -> NDArray[np.float64]:
        """Return the full index of each product's coming days, (ahead, products), its own week and events in it."""
        ahead = self.index[self.demand.days :][:, self.groups.of]
        if self.weekdays is not None:
            ahead *= self.weekdays[(self.demand.days + np.arange(self.ahead)) % WEEK]
        inside = self.uplift.inside[self.demand.days :]
        ahead[inside] *= self.uplift.factor[None, :]
        return ahead

    def coming_weeks(self) -> NDArray[np.float64]:
        """Return the full index of coming weeks, (steps, products), an unfinished last week counted as far as asked."""
        daily = self.index_ahead()
        padded = np.pad(daily, ((0, self.steps * WEEK - self.ahead), (0, 0)))
        weekly: NDArray[np.float64] = padded.reshape(self.steps, WEEK, -1).sum(axis=1)
        return weekly


def setting_of(demand: Demand, last: date, calendar: EventCalendar) -> Setting:
    """Return the setting for forecasts up to `last`, included; raises InvalidPeakInput where nothing can be said."""
    demand = floored(demand)
    ahead = (last - demand.last).days
    _refuse(demand, ahead)
    groups = groups_of(demand.products)
    marks = mark_days(calendar, demand.first, demand.days + ahead)
    opening = opening_of(demand, ahead=ahead, closed=_closed(demand, marks))
    in_event = marks.in_event[: demand.days]
    sold = groups.sums(np.where(usable(demand), tamed(demand.units, in_event), 0))
    shares = opening.calendar[: demand.days]
    whole = sold.sum(axis=1)
    evidence = evidence_of(whole, shares, marks)
    scatter = scatter_of(whole, shares, ~in_event)
    moved = strong(evidence, len(marks.event_ids), scatter)
    masked = np.isin(marks.owner, np.flatnonzero(moved))
    season = _season(sold, opening, ahead=ahead, masked=masked, gifts=calendar.gifts)
    uplift = uplift_of(
        demand,
        sold=sold,
        opening=opening,
        season=season,
        marks=marks,
        evidence=evidence,
        moved=moved,
        groups=groups,
    )
    index = opening.calendar[:, None] * season * uplift.profile
    return Setting(
        demand=demand,
        ahead=ahead,
        groups=groups,
        opening=opening,
        marks=marks,
        season=season,
        index=index,
        uplift=uplift,
        weeks=_weeks(demand, opening, index[: demand.days][:, groups.of], uplift),
        evidence=tuple(evidence),
        weekdays=own_weekdays(demand, shares, groups),
    )


def _refuse(demand: Demand, ahead: int) -> None:
    """Refuse what no method can answer, with all reasons at once."""
    mistakes = []
    if not demand.products:
        mistakes.append(Mistake(where="history", rule="empty", message="the history has no product"))
    if not demand.open_days.any():
        mistakes.append(Mistake(where="history", rule="never_open", message="the history has no day with sales"))
    if demand.days < 2 * WEEK:
        message = f"two weeks of history are the least, this one has {demand.days} days"
        mistakes.append(Mistake(where="history", rule="too_short", message=message))
    if not 1 <= ahead <= _MOST_AHEAD:
        message = f"a forecast reaches 1 to {_MOST_AHEAD} days past the history, not {ahead}"
        mistakes.append(Mistake(where="season", rule="reach", message=message))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)


def _closed(demand: Demand, marks: DayMarks) -> NDArray[np.bool_]:
    """Return the calendar's closed days, and public holidays where this shop did not sell on most of the past ones."""
    usual = weekday_shares(demand, weekdays_from(demand.first, demand.days))[weekdays_from(demand.first, demand.days)]
    past = marks.holiday[: demand.days] & (usual > 0)
    weekday_open = demand.open_days[past]
    shut = weekday_open.size >= _FEW_HOLIDAYS and float(weekday_open.mean()) < 0.5  # noqa: PLR2004 - most of them
    return marks.closed | (marks.holiday & shut)


def _season(
    sold: NDArray[np.float64], opening: Opening, *, ahead: int, masked: NDArray[np.bool_], gifts: float
) -> NDArray[np.float64]:
    """Return the season of all days, (days + ahead, categories): the shop's own, or the prior below a year."""
    days = sold.shape[0]
    shares = opening.calendar[:days]
    if days >= YEAR:
        return season_index(sold, shares, ahead=ahead, masked=masked[:days])
    prior = christmas_prior(sold.sum(axis=1), shares, first=opening.first, ahead=ahead, gifts=gifts)
    return np.repeat(prior[:, None], sold.shape[1], axis=1)


def _weeks(demand: Demand, opening: Opening, index: NDArray[np.float64], uplift: Uplift) -> Weeks:
    """Return the weeks of the history with event windows left out of the level while enough plain weeks stay."""
    shares, inside = opening.calendar[: demand.days], uplift.inside[: demand.days]
    if shares[-_LEVEL_DAYS:][~inside[-_LEVEL_DAYS:]].sum() < _MASK_LEAVES:
        return weeks_of(demand, shares, index, shares > 0)
    return weeks_of(demand, shares, index, (shares > 0) & ~inside)


def top_index(setting: Setting) -> NDArray[np.float64]:
    """Return the index of the whole shop's units, (days + ahead,): categories weighed by their usual week."""
    index: NDArray[np.float64] = setting.index @ _weights(setting)
    return index


def top_uplift(setting: Setting) -> NDArray[np.float64]:
    """Return what events alone do to the whole shop, (days + ahead,), 1 outside their windows."""
    weights = _weights(setting)
    plain = setting.season @ weights
    with_events = (setting.season * setting.uplift.profile) @ weights
    return np.divide(with_events, plain, out=np.ones_like(plain), where=plain > 0)


def _weights(setting: Setting) -> NDArray[np.float64]:
    weeks = setting.weeks
    usual = divided(weeks.tame[-52:].sum(axis=0), weeks.indexed[-52:].sum(axis=0))
    weights: NDArray[np.float64] = np.bincount(setting.groups.of, usual, setting.groups.count).astype(np.float64)
    total = float(weights.sum())
    return weights / total if total > 0 else np.full_like(weights, 1.0 / weights.size)
