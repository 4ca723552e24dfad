"""Sales by day, week and month: what is added up, what is said about it, what is drawn."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.channels.backoffice import create_app
from springtide.channels.backoffice.bar_chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Bar, draw, step_of
from springtide.channels.backoffice.sales import By, busiest, finding, periods_of
from springtide.contracts.orders.api import HistoryDay
from tests.unit.backoffice.browser import ORIGIN, Browser
from tests.unit.backoffice.office_fakes import FakeShop

AS_OF = date(2011, 9, 1)
SECRET = "a-secret-key-for-tests-0123456789abcdef"
SENTENCE = "As of 1 September 2011 (demo history). Live orders since then are not in it."
BrowserOf = Callable[..., Browser]


@pytest.fixture
def demo_owner(shop: FakeShop) -> Browser:
    browser = Browser(create_app(shop.ask, secret_key=SECRET, office_url=ORIGIN, shop_url=ORIGIN, as_of=AS_OF))
    browser.cookies["springtide_staff"] = shop.signed_in("orders.read")
    return browser


def sold(day: str, orders: int, units: int = 10, gross_minor: int = 1_000) -> HistoryDay:
    return HistoryDay(day=date.fromisoformat(day), orders=orders, units=units, gross_minor={"GBP": gross_minor})


def test_months_are_added_up_and_the_cut_ones_are_parts() -> None:
    days = [sold("2011-06-29", 5), sold("2011-07-01", 3, 7, 250), sold("2011-07-31", 4, 8, 750), sold("2011-08-02", 90)]
    periods = periods_of(days, by=By.MONTH, since=date(2011, 6, 29), as_of=date(2011, 8, 20))
    assert [(period.name, period.orders, period.days) for period in periods] == [
        ("June 2011", 5, "29 to 30 June"),
        ("July 2011", 7, ""),
        ("August 2011", 90, "1 to 19 August"),
    ]
    assert (periods[1].units, periods[1].gross_minor) == (15, {"GBP": 1_000})


def test_a_cut_period_is_never_the_busiest() -> None:
    days = [sold("2011-07-03", 1), sold("2011-08-02", 90)]
    periods = periods_of(days, by=By.MONTH, since=date(2011, 1, 1), as_of=date(2011, 8, 20))
    assert finding(periods) == "July 2011: 1 order"
    assert finding(periods[1:]) == "90 orders in less than a month"


def test_weeks_start_on_monday_and_those_without_sales_are_there() -> None:
    days = [sold("2010-12-05", 4), sold("2010-12-06", 9), sold("2010-12-22", 2)]
    periods = periods_of(days, by=By.WEEK, since=date(2010, 1, 1), as_of=date(2010, 12, 28))
    assert [(period.name, period.orders) for period in periods] == [
        ("Week of 29 November 2010", 4),
        ("Week of 6 December 2010", 9),
        ("Week of 13 December 2010", 0),
        ("Week of 20 December 2010", 2),
        ("Week of 27 December 2010", 0),
    ]
    assert periods[-1].days == "27 December"
    assert finding(periods) == "Week of 6 December 2010: 9 orders, the busiest week of the last 4"


def test_days_of_a_part_may_lie_in_two_months() -> None:
    (period,) = periods_of([sold("2011-06-30", 4)], by=By.WEEK, since=date(2011, 6, 30), as_of=date(2011, 7, 3))
    assert period.days == "30 June to 2 July"


def test_of_two_equal_ones_the_later_is_the_busiest() -> None:
    days = [sold("2011-08-01", 4), sold("2011-08-03", 4)]
    found = busiest(periods_of(days, by=By.DAY, since=date(2011, 7, 1), as_of=date(2011, 8, 5)))
    assert found is not None
    assert found.name == "3 August 2011"


@given(
    st.dictionaries(st.dates(date(2009, 12, 1), date(2011, 8, 31)), st.integers(1, 200), max_size=40),
    st.sampled_from(By),
    st.integers(1, 800),
)
def test_no_order_is_lost_or_counted_twice(orders: dict[date, int], by: By, days: int) -> None:
    since = AS_OF - timedelta(days=days)
    inside = {day: count for day, count in orders.items() if day >= since}
    history = [HistoryDay(day=day, orders=count, units=1, gross_minor={"GBP": 1}) for day, count in inside.items()]
    periods = periods_of(history, by=by, since=since, as_of=AS_OF)
    assert sum(period.orders for period in periods) == sum(inside.values())
    assert [period.end for period in periods[:-1]] == [period.start for period in periods[1:]]
    assert all(period.start >= since for period in periods)
    assert not periods or periods[-1].end == AS_OF


@pytest.mark.parametrize(
    ("largest", "step"), [(0, 1), (1, 1), (5, 1), (6, 2), (10, 2), (11, 5), (2_768, 1_000), (2_500, 500), (100, 20)]
)
def test_lines_stand_at_round_values(largest: int, step: int) -> None:
    assert step_of(largest) == step


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=600))
def test_bars_stand_on_zero_inside_the_drawing_and_are_as_high_as_their_values(values: list[int]) -> None:
    chart = draw([Bar(value=value, label="Dec 2010", title="x") for value in values])
    assert chart.lines[0].value == 0
    assert chart.lines[0].y == HEIGHT - BOTTOM
    assert chart.lines[-1].value >= max(values)
    per_unit = Decimal(HEIGHT - BOTTOM - TOP) / chart.lines[-1].value
    for value, drawn in zip(values, chart.bars, strict=True):
        assert drawn.y + drawn.height == HEIGHT - BOTTOM
        assert abs(drawn.height - per_unit * value) <= Decimal("0.05")
        assert drawn.x >= LEFT
        assert drawn.x + drawn.width <= WIDTH - RIGHT + Decimal("0.1")
    labelled = [drawn.middle for drawn in chart.bars if drawn.label]
    assert labelled
    assert all(right - left > 59 for left, right in pairwise(labelled))


async def test_demo_is_as_of_its_own_day(demo_owner: Browser, shop: FakeShop) -> None:
    answer = await demo_owner.get("/sales")
    assert answer.status == 200
    assert SENTENCE in answer.text
    asked = shop.asked("orders.history")[-1]
    assert (asked["as_of"], asked["days"]) == (AS_OF, 400)
    assert "August 2011: 2,050 orders" in answer.text
    assert "the busiest month of the last 2</h1>" in answer.text
    assert 'href="/sales" aria-current="page"' in answer.text


async def test_address_chooses_date_days_and_period(demo_owner: Browser, shop: FakeShop) -> None:
    answer = await demo_owner.get("/sales?as_of=2011-08-29&days=28&by=week")
    asked = shop.asked("orders.history")[-1]
    assert (asked["as_of"], asked["days"]) == (date(2011, 8, 29), 28)
    assert SENTENCE not in answer.text
    assert "Orders placed before 29 August 2011, UTC." in answer.text
    assert 'value="2011-08-29"' in answer.text
    assert '<option value="week" selected>' in answer.text
    assert SENTENCE in (await demo_owner.get("/sales?as_of=2011-09-01&by=day&days=40")).text


async def test_without_the_setting_it_is_today(owner: Browser, shop: FakeShop) -> None:
    before = datetime.now(UTC).date()
    answer = await owner.get("/sales")
    assert before <= shop.asked("orders.history")[-1]["as_of"] <= datetime.now(UTC).date()
    assert "demo history" not in answer.text


async def test_table_and_chart_tell_the_same(demo_owner: Browser, shop: FakeShop) -> None:
    text = (await demo_owner.get("/sales")).text
    assert "Revenue with VAT, GBP" in text
    assert '<th scope="row">August 2011</th><td class="number">2,050</td><td class="number">243,430</td>' in text
    assert '<td class="number">486,014</td>' in text
    assert "<title>August 2011: 2,050 orders</title>" in text
    assert '<rect class="marked"' in text
    assert text.index("August 2011</th>") < text.index("July 2011</th>")


async def test_cut_periods_are_named_and_drawn_as_outlines(demo_owner: Browser) -> None:
    text = (await demo_owner.get("/sales?days=39")).text
    assert '<span class="muted">24 to 31 July only</span>' in text
    assert '<rect class="part"' in text
    assert "<title>July 2011 (24 to 31 July only): " in text


async def test_currencies_are_columns_and_never_added_up(demo_owner: Browser, shop: FakeShop) -> None:
    shop.answers["orders.history"] = (
        HistoryDay(day=date(2011, 8, 30), orders=2, units=3, gross_minor={"JPY": 1_500, "EUR": 1_000}),
        HistoryDay(day=date(2011, 8, 31), orders=1, units=1, gross_minor={"KWD": 2_000, "EUR": 3_000}),
    )
    text = (await demo_owner.get("/sales?by=day&days=40")).text
    heads = [f'<th scope="col" class="number">Revenue with VAT, {currency}</th>' for currency in ("EUR", "JPY", "KWD")]
    assert "".join(heads) in text
    row = text[text.index("30 August 2011</th>") :]
    assert '<td class="number">10</td><td class="number">1,500</td><td class="number">0</td>' in row
    assert '<td class="number">40</td><td class="number">1,500</td><td class="number">2</td></tr></tfoot>' in text
    assert "EUR and JPY and KWD are not added up" in text


async def test_nothing_sold_leads_on(demo_owner: Browser, shop: FakeShop) -> None:
    shop.answers["orders.history"] = ()
    text = (await demo_owner.get("/sales")).text
    assert "No order was placed from 28 July 2010 to 1 September 2011." in text
    assert "/sales?days=3650&amp;as_of=2011-09-01" in text
    assert "<svg" not in text
    assert "Show ten years" not in (await demo_owner.get("/sales?days=4000")).text


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("as_of=yesterday", "is a date like 2011-09-01"),
        ("as_of=20110901", "is a date like 2011-09-01"),
        ("as_of=0001-01-01", "from 1970"),
        ("as_of=9999-12-31", "until tomorrow"),
        ("days=0", "a number from 1 to 4,000"),
        ("days=4001", "a number from 1 to 4,000"),
        ("days=99999999999999999999", "a number from 1 to 4,000"),
        ("days=many", "a number from 1 to 4,000"),
        ("days=601&by=day", "more than 600 bars"),
    ],
)
async def test_what_is_not_there_is_refused_by_name(demo_owner: Browser, shop: FakeShop, query: str, says: str) -> None:
    answer = await demo_owner.get(f"/sales?{query}")
    assert answer.status == 400
    assert says in answer.text
    assert "invalid_period" in answer.text
    assert not shop.asked("orders.history")


async def test_sales_need_orders_read(browser_of: BrowserOf, shop: FakeShop) -> None:
    other = browser_of("catalog.write")
    assert (await other.get("/sales")).status == 403
    assert not shop.asked("orders.history")
    assert 'href="/sales"' not in (await other.get("/products")).text
