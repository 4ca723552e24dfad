"""What is news: an alert is told once when it begins and once when it is over.

    unknown    wrong                       pending; firing when it has held long enough
    pending    right                       forgotten
    pending    wrong for long enough       firing: told
    firing     wrong                       nothing new; a warning that became critical is told again
    firing     right for two minutes       resolved: told to whoever heard that it began

In quiet hours a warning waits until they end; one that is over by then is told to nobody.
"""

from collections.abc import Iterable, Mapping
from datetime import time

import msgspec

from springtide.channels.watch.rules import Alert, Level

RIGHT_FOR_S = 120.0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alert stands. `wrong_at_s`, `right_at_s`: seconds of a clock everybody shares (Unix time).

    `told` and `told_over`: who heard that it fires, and that it is over.
    """

    alert: Alert
    since_s: float
    wrong_at_s: float
    fires: bool = False
    is_over: bool = False
    told: frozenset[str] = frozenset()
    told_over: frozenset[str] = frozenset()


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell: an alert that fires, or one that is over."""

    key: str
    alert: Alert
    since_s: float
    is_over: bool


def moved(known: Mapping[str, Standing], alerts: Iterable[Alert], *, now_s: float) -> dict[str, Standing]:
    """Return where every alert stands now."""
    wrong = {alert.key: alert for alert in alerts}
    stands: dict[str, Standing] = {}
    for key in known.keys() | wrong.keys():
        after = _after(known.get(key), wrong.get(key), now_s)
        if after is not None:
            stands[key] = after
    return stands


def _after(before: Standing | None, alert: Alert | None, now_s: float) -> Standing | None:
    if alert is not None:
        if before is None or before.is_over:
            before = Standing(alert=alert, since_s=now_s, wrong_at_s=now_s)
        worse = alert.level is Level.CRITICAL and before.alert.level is Level.WARNING
        return msgspec.structs.replace(
            before,
            alert=alert,
            wrong_at_s=now_s,
            fires=before.fires or now_s - before.since_s >= alert.holds_for_s,
            told=frozenset() if worse else before.told,
        )
    if before is None or not before.fires:
        return None
    if before.is_over:
        return before if before.told_over < before.told else None
    return msgspec.structs.replace(before, is_over=now_s - before.wrong_at_s >= RIGHT_FOR_S)


def news_for(who: str, stands: Mapping[str, Standing], *, is_quiet: bool) -> list[News]:
    """Return what `who` has not heard yet, in the order it began."""
    found = []
    for key, standing in sorted(stands.items(), key=lambda item: item[1].since_s):
        waits = is_quiet and standing.alert.level is Level.WARNING
        begins = standing.fires and not standing.is_over and who not in standing.told
        ends = standing.is_over and who in standing.told and who not in standing.told_over
        if (begins or ends) and not waits:
            found.append(News(key=key, alert=standing.alert, since_s=standing.since_s, is_over=ends))
    return found


def told(stands: Mapping[str, Standing], who: str, news: News) -> dict[str, Standing]:
    """Return the standings after `who` has heard the news."""
    before = stands[news.key]
    after = (
        msgspec.structs.replace(before, told_over=before.told_over | {who})
        if news.is_over
        else msgspec.structs.replace(before, told=before.told | {who})
    )
    return {**stands, news.key: after}


def is_within(now: time, quiet: tuple[time, time] | None) -> bool:
    """Tell whether a time of day lies in the quiet hours, which may go over midnight."""
    if quiet is None:
        return False
    begin, end = quiet
    return begin <= now < end if begin <= end else now >= begin or now < end
