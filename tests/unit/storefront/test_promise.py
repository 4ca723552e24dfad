from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from springtide.channels.storefront.promise import delivered_by, usual
from tests.unit.browse.goods import market

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("ordered", "days", "day"),
    [
        ("2026-11-25T10:00", 1, date(2026, 11, 26)),  # Wednesday morning -> Thursday
        ("2026-11-25T14:59", 1, date(2026, 11, 26)),  # 15:59 in Amsterdam: just in time
        ("2026-11-25T15:00", 1, date(2026, 11, 27)),  # 16:00: leaves on Thursday
        ("2026-11-27T10:00", 1, date(2026, 11, 30)),  # Friday -> Monday
        ("2026-11-28T10:00", 1, date(2026, 12, 1)),  # Saturday leaves on Monday
        ("2026-11-25T10:00", 3, date(2026, 11, 30)),
        ("2026-11-25T10:00", 0, date(2026, 11, 25)),
    ],
)
def test_working_days_and_the_cut_off_decide(ordered: str, days: int, day: date) -> None:
    at = datetime.fromisoformat(ordered).replace(tzinfo=UTC)
    assert delivered_by(at, AMSTERDAM, days_max=days, cut_off_local="16:00") == day


def test_without_a_cut_off_the_whole_day_counts() -> None:
    at = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)
    assert delivered_by(at, AMSTERDAM, days_max=1, cut_off_local="") == date(2026, 11, 26)


def test_the_promise_is_the_cheapest_methods_that_serves_the_country() -> None:
    methods = market("GB", "GBP", "en").shipping_methods
    assert usual(methods, "GB") is methods[0]
    assert usual(methods, "FR") is None
