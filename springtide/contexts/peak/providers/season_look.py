"""A look at a season: a frozen plan and what was sold become the live view, and the review of whole days."""

from datetime import datetime

import msgspec

from springtide.contexts.peak.domain.review.actual import Sold, sold_in
from springtide.contexts.peak.domain.review.goods import beyond_plan
from springtide.contexts.peak.domain.review.live import live_view
from springtide.contexts.peak.domain.review.season import Frozen, Known, season_review
from springtide.contexts.peak.providers.snapshot import Snapshot
from springtide.contracts.peak.actuals import Actuals
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.review import LiveView, Review


def known_of(snapshot: Snapshot, actuals: Actuals, until: datetime | None = None) -> Sold:
    """Return what is known of the plan's season; raises InvalidPeakInput where that is nothing."""
    joint = snapshot.joint
    sold = sold_in(joint.forecast.season, joint.products.skus, actuals, until)
    if not sold.hours_seen:
        season = joint.forecast.season
        message = f"it ends at {actuals.until}: the season is {season.first} to {season.last}"
        raise InvalidPeakInput.of([Mistake(where=actuals.source, rule="outside_the_season", message=message)])
    return sold


def live_of(snapshot: Snapshot, sold: Sold) -> LiveView:
    """Return where the season stands, with the goods that sell beyond their plan."""
    view = live_view(snapshot.joint.totals, sold.orders, plan=snapshot.plan, terms=snapshot.record.terms)
    goods = beyond_plan(snapshot.joint, sold, snapshot.plan, snapshot.record.terms.counts)
    return msgspec.structs.replace(view, goods=goods, unknown_units=sold.unknown_units)


def review_of(snapshot: Snapshot, sold: Sold, known: Known | None = None) -> Review:
    """Return the review of the days that are over; raises InvalidPeakInput while none is."""
    terms = snapshot.record.terms
    frozen = Frozen(plan=snapshot.plan, terms=terms, joint=snapshot.joint, sha256=snapshot.sha256)
    return season_review(frozen, sold, known)
