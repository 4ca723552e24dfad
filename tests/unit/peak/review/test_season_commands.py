"""`springtide peak live` and `peak review` on a small shop's frozen plan, as a stranger runs them."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from springtide.cli import main
from springtide.contracts.peak.plan import Plan
from springtide.contracts.peak.review import LiveView, Review
from tests.unit.peak.plan.test_command import OVERRIDE, write_shop

FIRST = date(2026, 8, 31)
DAYS = 10


def lines(orders_a_day: int, days: int, sku: str = "mug-{}") -> Iterator[str]:
    for day in range(days):
        for order in range(orders_a_day):
            number = order % 10
            hour = 8 + order % 12
            yield f"{FIRST + timedelta(days=day)} {hour:02}:30,{sku.format(number)},2,{5 + number},{day}-{order}"


def actuals(folder: Path, *rows: str, name: str = "sold.csv") -> str:
    (folder / name).write_text("time,sku,quantity,unit_price,order_id\n" + "\n".join(rows) + "\n")
    return str(folder / name)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("season")
    shop = write_shop(folder / "shop")
    (shop / "overrides.toml").write_text(OVERRIDE.format(until="2027-01-01"))
    options = ["--season-days", str(DAYS), "--paths", "200", "--roster-weeks", "0", "--timezone", "Europe/Amsterdam"]
    assert main(["peak", "plan", str(shop), "--out", str(folder / "plan"), *options]) == 0
    return str(folder / "plan")


def test_a_strong_start_fires_what_was_agreed_and_names_whom_to_call(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = actuals(tmp_path, *lines(120, 4))
    assert main(["peak", "live", plan, "--actuals", file, "--until", "2026-09-03T20:00", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    view = msgspec.json.decode((tmp_path / "live.json").read_bytes(), type=LiveView)
    assert view.hours_seen == 3 * 24 + 20
    assert view.beyond
    assert view.expected_season.p50 > view.planned_season.p90
    fired = {trigger.id for trigger in view.triggers if trigger.fired}
    assert {"rate_above_p99", "campaign_too_strong", "season_above_p90", "season_above_p90_support"} <= fired
    assert "call Brightline" in said
    assert "retail@brightline.example" in said
    assert "Stop the campaign" in said
    assert view.goods[0].left is not None
    assert view.goods[0].sold > view.goods[0].planned.p90


def test_a_larger_shop_extends_its_bookings_with_the_carrier_that_runs_short(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, large = Path(plan).parent / "shop", tmp_path / "large"
    options = ["--season-days", str(DAYS), "--paths", "100", "--roster-weeks", "0", "--size", "150"]
    options += ["--season-from", "2026-11-16"]
    assert main(["peak", "plan", str(shop), "--out", str(large), *options]) == 0
    bookings = msgspec.json.decode((large / "plan.json").read_bytes(), type=Plan).fulfilment.bookings
    hours = tmp_path / "hours.csv"
    hours.write_text("hour,orders\n" + "".join(f"2026-11-16T{hour:02}:00,400\n" for hour in range(8, 21)))
    assert main(["peak", "live", str(large), "--actuals", str(hours), "--out", str(tmp_path)]) == 0
    view = msgspec.json.decode((tmp_path / "live.json").read_bytes(), type=LiveView)
    short = [one for one in view.triggers if one.fired and one.id.startswith("booking_short.")]
    carrier = short[0].id.partition(".")[2]
    booked = {one.day.isoformat(): one.booked for one in bookings if one.carrier == carrier}
    assert short[0].when.values["booked"] == booked[short[0].when.values["day"]]
    assert short[0].when.values["parcels"] > short[0].when.values["booked"]
    assert "Extend the booking with" in capsys.readouterr().out


def test_counts_by_hour_say_the_same_of_orders(plan: str, tmp_path: Path) -> None:
    file = actuals(tmp_path, *lines(24, 3))
    hours = tmp_path / "hours.csv"
    rows = [f"{FIRST + timedelta(days=day)}T{hour:02}:00,2" for day in range(3) for hour in range(8, 20)]
    hours.write_text("hour,orders\n" + "\n".join(rows) + "\n")
    views = []
    for name, given in (("lines", file), ("hours", str(hours))):
        assert main(["peak", "live", plan, "--actuals", given, "--out", str(tmp_path / name)]) == 0
        views.append(msgspec.json.decode((tmp_path / name / "live.json").read_bytes(), type=LiveView))
    assert views[0].fan == views[1].fan
    assert views[0].expected_season == views[1].expected_season
    assert (len(views[1].goods), views[0].hours_seen) == (0, 2 * 24 + 20)


def test_the_review_compares_with_the_frozen_plan_and_hands_on_priors(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = actuals(tmp_path, *lines(24, DAYS), *lines(1, DAYS, sku="vase"))
    facts = tmp_path / "facts.toml"
    facts.write_text('[[facts]]\nfigure = "fulfilment.late"\nactual = 40\nunder_minor = 500\n')
    out = tmp_path / "review"
    given = ["--actuals", file, "--until", "2026-09-10T00:00", "--facts", str(facts), "--out", str(out)]
    assert main(["peak", "review", plan, *given]) == 0
    said = capsys.readouterr().out
    review = msgspec.json.decode((out / "review.json").read_bytes(), type=Review)
    steps = {f"{one.step}.{one.figure}": one for one in review.steps}
    assert steps["demand.orders"].actual == 24 * DAYS
    assert steps["demand.units"].actual == (24 * 2 + 2) * DAYS
    assert steps["fulfilment.late"].cost_minor > 0
    assert "stock.short_products" in steps
    assert review.unknown_units == 2 * DAYS
    assert (review.is_whole, sum(review.pit)) == (True, DAYS)
    assert {one.level for one in review.within} == {"total", "product"}
    assert [one.id for one in review.overrides] == ["fair"]
    assert review.snapshot_sha256[:16] in said
    shop = Path(plan).parent / "shop"
    again = ["--calibration", str(out / "calibration.json"), "--out", str(tmp_path / "next"), "--season-days", "3"]
    assert main(["peak", "plan", str(shop), "--roster-weeks", "0", "--paths", "50", *again]) == 0
    made = msgspec.json.decode((tmp_path / "next" / "plan.json").read_bytes(), type=Plan)
    assert f"the season {FIRST} to 2026-09-09" in made.paths.learned_on


def test_what_was_told_stands_beside_the_plan_of_the_same_days(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = actuals(tmp_path, *lines(24, DAYS))
    told = tmp_path / "told.csv"
    told.write_text(
        "figure,of,day,days,value\n"
        "warehouse.paid_hours,,2026-08-31,1,30\n"
        "warehouse.paid_hours,,2026-09-01,1,34.5\n"
        "carriers.parcels,parcelpost,2026-08-31,7,150\n"
        "carriers.late,parcelpost,2026-08-31,7,6\n"
        "support.contacts,phone,2026-08-31,1,4\n"
        "servers.cost_minor,,2026-09-09,7,100\n"
    )
    budget = tmp_path / "budget.toml"
    budget.write_text(
        '[[bookings]]\nid = "ads"\nline = "marketing"\nkind = "spent"\namount_minor = 5000\nday = 2026-09-01\n'
        'by = "marketing-manager"\n'
    )
    given = ["--actuals", file, "--told", str(told), "--budget", str(budget), "--out", str(tmp_path)]
    assert main(["peak", "review", plan, *given, "--until", "2026-09-05T00:00"]) == 0
    review = msgspec.json.decode((tmp_path / "review.json").read_bytes(), type=Review)
    made = msgspec.json.decode((Path(plan) / "plan.json").read_bytes(), type=Plan)
    found = {(line.step, line.figure, line.of): line for line in review.lines}
    hours = found["warehouse", "paid_hours", ""]
    asked = sum(day.asked_paid for day in made.staff.floor if day.day <= FIRST + timedelta(days=1))
    assert (hours.actual, hours.days, hours.of_days, hours.planned) == (64.5, 2, 5, pytest.approx(asked))
    assert found["carriers", "parcels", "parcelpost"].actual is None, "the week is not over: its days are not those"
    assert found["support", "contacts", "phone"].days_within is not None
    assert found["support", "in_time_share", "phone"].actual is None
    spent = found["budget", "spent", "marketing"]
    assert (spent.actual, spent.is_compared, spent.error) == (5000, False, None), "half a season beside a whole one"
    said = capsys.readouterr().out
    assert "not known: " in said
    assert main(["peak", "review", plan, *given, "--until", "2026-09-10T00:00"]) == 0
    whole = msgspec.json.decode((tmp_path / "review.json").read_bytes(), type=Review)
    found = {(line.step, line.figure, line.of): line for line in whole.lines}
    assert found["carriers", "late_share", "parcelpost"].actual == pytest.approx(0.04)
    assert found["carriers", "parcels", "parcelpost"].days == 7
    assert found["budget", "spent", "marketing"].is_compared
    assert found["servers", "cost_minor", ""].actual is None, "told of days beyond the season"


def test_figures_of_a_file_that_cannot_be_are_refused_with_their_row(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "told.csv"
    told.write_text("figure,day,value\nwarehouse.late,2026-08-31,4\nmoon.phase,2026-08-31,1\n")
    given = ["--actuals", actuals(tmp_path, *lines(24, 2)), "--told", str(told), "--out", str(tmp_path / "out")]
    assert main(["peak", "review", plan, *given]) == 1
    assert "row 3: there is no figure moon.phase" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["2026-08-31 09:00,mug-1,2,5,a", "soon,mug-1,2,5,b"], "row 3: soon is no time"),
        (["2026-08-01 09:00,mug-1,2,5,a"], "the season is 2026-08-31 to 2026-09-09"),
        (["2026-09-02 09:00,mug-1,2,5,a"], "what was sold from 2026-08-31 00:00:00 on is missing"),
        (["2026-08-31 09:00,mug-1,2,5,a", "--until", "2026-08-31T08:00"], "nothing was sold in this time"),
    ],
)
def test_actuals_that_say_nothing_of_the_season_are_refused(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[str], said: str
) -> None:
    words = rows[rows.index("--until") :] if "--until" in rows else []
    file = actuals(tmp_path, *rows[: len(rows) - len(words)])
    assert main(["peak", "live", plan, "--actuals", file, *words]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hour,orders\n2026-08-31T09:00,2\n2026-08-31T09:00,3\n", "row 2: the hour 2026-08-31T09:00 is there more"),
        ("hour,orders\n2026-08-31T09:00,-2\n", "row 2: orders are a whole number from 0, not -2"),
        ("date,key,quantity\n2026-08-31,mug-1,2\n", "series of days do not say in which hour"),
    ],
)
def test_counts_that_are_none_are_refused_with_their_row(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "hours.csv").write_text(text)
    assert main(["peak", "live", plan, "--actuals", str(tmp_path / "hours.csv")]) == 1
    assert said in capsys.readouterr().err


def test_a_review_of_nothing_and_of_unknown_figures_is_refused_and_writes_nothing(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = actuals(tmp_path, "2026-08-31 09:00,mug-1,2,5,a")
    out = tmp_path / "out"
    assert main(["peak", "review", plan, "--actuals", file, "--out", str(out)]) == 1
    assert "no day of the season is over" in capsys.readouterr().err
    (tmp_path / "facts.toml").write_text('[[facts]]\nfigure = "moon"\nactual = 1\n')
    given = ["--facts", str(tmp_path / "facts.toml"), "--out", str(out), "--until", "2026-09-02T00:00"]
    assert main(["peak", "review", plan, "--actuals", file, *given]) == 1
    assert "the plan has no figure moon; it has budget." in capsys.readouterr().err
    assert not out.exists()
