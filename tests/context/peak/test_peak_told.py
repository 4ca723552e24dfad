"""Figures of a season told by people, files and the shop: kept with who and when, corrected, refused by row."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import polars as pl
import pytest

from springtide.bootstrap import Node
from springtide.contexts.peak.service.tell import SHOP, tell
from springtide.contracts.peak.api import HandedIn, PeakApi, PeakNotFound, PlanSettings, PlanState
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.source import HistoryFile
from springtide.contracts.peak.told import Told, ToldRow
from springtide.platform.caller import system
from springtide.platform.errors import BadInput, Forbidden
from springtide.platform.uploads import Uploads, uploads_folder
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.peak.conftest import PLANNER, READER, Past

DAY = date(2026, 3, 2)
HOURS = Told(figure="warehouse.paid_hours", day=DAY, value=36.5)
WEEK = msgspec.structs.replace(HOURS, days=7, value=200.0)
ATTEMPTS = Told(figure="gateways.attempts", of="sandbox", day=DAY, value=40)


@pytest.fixture
async def desk(node_with: NodeWith) -> Node:
    return await node_with("peak")


async def say(node: Node, *told: Told, source: str = "hand") -> int:
    return await node.ask(PeakApi).tell(caller=PLANNER, key=new_key(), told=told, source=source)


async def shop_says(node: Node, *told: Told) -> int:
    async with node.databases["peak"].tx(system("peak")) as tx:
        return await tell(tx, told, SHOP)


async def known(node: Node, *, with_former: bool = False) -> tuple[ToldRow, ...]:
    last = DAY + timedelta(days=30)
    return await node.ask(PeakApi).list_told(caller=READER, first=DAY, last=last, with_former=with_former)


async def test_a_figure_is_kept_with_who_and_when_and_corrected_by_telling_it_again(desk: Node) -> None:
    assert await say(desk, HOURS, ATTEMPTS) == 2
    assert await say(desk, HOURS) == 0, "the same again is nothing new"
    assert await say(desk, msgspec.structs.replace(HOURS, value=38.0, note="late shift forgotten")) == 1
    rows = {row.figure: row for row in await known(desk)}
    assert (rows[HOURS.figure].value, rows[HOURS.figure].note) == (38.0, "late shift forgotten")
    assert (rows[HOURS.figure].author, rows[HOURS.figure].source) == ("staff:ada", "hand")
    assert [row.value for row in await known(desk, with_former=True) if row.figure == HOURS.figure] == [36.5, 38.0]
    assert await say(desk, msgspec.structs.replace(HOURS, value=None)) == 1
    assert [row.figure for row in await known(desk)] == [ATTEMPTS.figure], "taken back: nothing is known"


async def test_what_cannot_be_is_refused_by_row_and_nothing_is_kept(desk: Node) -> None:
    wrong = (
        HOURS,
        Told(figure="moon.phase", day=DAY, value=1),
        Told(figure="carriers.parcels", day=DAY, value=3),
        Told(figure="support.contacts", of="fax", day=DAY, value=3),
        Told(figure="warehouse.late", day=DAY, value=2.5),
        Told(figure="servers.cost_minor", day=DAY, value=-1),
        Told(figure="warehouse.late", day=date(2099, 1, 1), value=1),
        HOURS,
        WEEK,
        Told(figure="warehouse.late", day=DAY + timedelta(days=1), days=3, value=1),
    )
    with pytest.raises(InvalidPeakInput) as refused:
        await say(desk, *wrong, source="hours.csv")
    assert {(one.row, one.rule) for one in refused.value.mistakes} == {
        (2, "unknown_figure"),
        (3, "of"),
        (4, "of"),
        (5, "no_count"),
        (6, "no_amount"),
        (7, "not_over"),
        (8, "told_twice"),
        (9, "overlaps"),
        (10, "days"),
    }
    assert {one.where for one in refused.value.mistakes} == {"hours.csv"}
    assert await known(desk, with_former=True) == ()
    with pytest.raises(Forbidden):
        await desk.ask(PeakApi).tell(caller=READER, key=new_key(), told=(HOURS,))
    with pytest.raises(BadInput):
        await desk.ask(PeakApi).list_told(caller=READER, first=DAY, last=DAY + timedelta(days=500))


async def test_a_week_around_a_day_that_was_told_is_refused_until_the_day_is_taken_back(desk: Node) -> None:
    await say(desk, HOURS)
    with pytest.raises(InvalidPeakInput) as refused:
        await say(desk, WEEK)
    assert [(one.rule, one.row) for one in refused.value.mistakes] == [("overlaps", 1)]
    await say(desk, msgspec.structs.replace(HOURS, value=None))
    assert await say(desk, WEEK) == 1
    assert [(row.days, row.value) for row in await known(desk)] == [(7, 200.0)]


async def test_what_somebody_tells_stands_above_what_the_shop_counted(desk: Node) -> None:
    assert await shop_says(desk, ATTEMPTS) == 1
    assert await say(desk, msgspec.structs.replace(ATTEMPTS, value=44.0)) == 1
    assert await shop_says(desk, msgspec.structs.replace(ATTEMPTS, value=41.0)) == 0
    assert [(row.value, row.source) for row in await known(desk)] == [(44.0, "hand")]
    await say(desk, msgspec.structs.replace(ATTEMPTS, value=None))
    assert await shop_says(desk, msgspec.structs.replace(ATTEMPTS, value=41.0)) == 1
    assert [(row.value, row.source) for row in await known(desk)] == [(41.0, SHOP)]


async def handed_in(node: Node, plan_id: UUID, body: bytes, name: str) -> HandedIn:
    async def pieces() -> AsyncIterator[bytes]:
        yield body

    upload = await Uploads(uploads_folder(Path(node.settings.data_dir))).keep(name, pieces())
    peak, file = node.ask(PeakApi), HistoryFile(sha256=upload.sha256, name=upload.name)
    found = await peak.hand_in_actuals(caller=PLANNER, key=new_key(), plan_id=plan_id, file=file)
    with pytest.raises(PeakNotFound):  # it is no question that anybody asked
        await peak.get_question(caller=READER, question_id=found.id)
    async with asyncio.timeout(120):
        while found.state not in {PlanState.DONE, PlanState.FAILED}:
            await asyncio.sleep(0.1)  # files have no event to wait for
            (found, *_) = await peak.list_handed_in(caller=READER, plan_id=plan_id)
    return found


@pytest.mark.timeout(240)  # the numerics are loaded by processes that give way to everything else
async def test_a_file_is_kept_whole_or_not_at_all(node_with: NodeWith, past: Past, tmp_path: Path) -> None:
    node = await node_with("peak", background=True)
    await past(node)
    settings = PlanSettings(first=DAY, days=10, as_of=DAY - timedelta(days=3), paths=20, roster_weeks=0)
    plan = await node.ask(PeakApi).start_plan(caller=PLANNER, key=new_key(), title="", settings=settings)

    bad = (
        b"figure,day,value\nwarehouse.paid_hours,2026-03-02,many\nwarehouse.late,soon,4\nwarehouse.late,2026-03-03,4\n"
    )
    refused = await handed_in(node, plan.id, bad, "hours.csv")
    assert [(one.where, one.row, one.rule) for one in refused.mistakes] == [
        ("hours.csv", 3, "no_day"),
        ("hours.csv", 2, "no_amount"),
    ]
    assert await known(node) == ()

    table = {
        "figure": ["support.contacts", "support.contacts", "warehouse.paid_hours"],
        "of": ["phone", "chat", None],
        "day": ["2026-03-02", "2026-03-02", "2026-03-02"],
        "days": [1, 1, 7],
        "value": [31.0, 12.0, 210.5],
    }
    pl.DataFrame(table).write_parquet(tmp_path / "told.parquet")
    read = await handed_in(node, plan.id, (tmp_path / "told.parquet").read_bytes(), "told.parquet")
    assert (read.mistakes, read.figures, read.hours) == ((), 3, 0)
    assert {(row.figure, row.of, row.value, row.source, row.author) for row in await known(node)} == {
        ("support.contacts", "phone", 31.0, "told.parquet", "staff:ada"),
        ("support.contacts", "chat", 12.0, "told.parquet", "staff:ada"),
        ("warehouse.paid_hours", "", 210.5, "told.parquet", "staff:ada"),
    }

    sold = b"hour,orders\n2026-03-02T09:00,3\n2026-03-02T11:00,2\n"
    hours = await handed_in(node, plan.id, sold, "till.csv")
    assert (hours.mistakes, hours.hours, hours.figures) == ((), 2, 0)
