"""A past looked over by the desk: handed in, or the shop's own; what is wrong is named, nothing is changed by it."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from springtide.bootstrap import Node
from springtide.commands.peak import load
from springtide.contexts.peak.jobs import history_folder
from springtide.contexts.peak.providers.order_lines import read_order_lines
from springtide.contexts.peak.providers.plan_messages import Ended
from springtide.contracts.catalog.api import CatalogApi, ProductRow
from springtide.contracts.common import Page
from springtide.contracts.insight.api import Funnel, FunnelSlice, InsightApi
from springtide.contracts.inventory.api import Inbound, InventoryApi, StockRow, Supply
from springtide.contracts.orders.api import OrdersApi, Sale, SoldLine
from springtide.contracts.peak.api import InputEdit, PeakApi, PlanState, Question, QuestionKind
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.history import QualityReport
from springtide.contracts.peak.source import HistoryAsk, HistoryFile, decode_source
from springtide.platform.ids import uuid7
from springtide.platform.uploads import Uploads, uploads_folder
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.peak.conftest import PLANNER, READER

ZONE = 'timezone = "Europe/Amsterdam"\n'
FIRST = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def csv(rows: int, *, wrong: int = 0) -> bytes:
    """Return order lines; row `wrong` of the file (the header is 1) has a quantity that is none."""
    lines = ["time,sku,quantity,unit_price,order_id"]
    for row in range(2, rows + 2):
        at = FIRST + timedelta(hours=5 * row)
        lines.append(f"{at:%Y-%m-%d %H:%M},mug,{'two' if row == wrong else 2},5.00,o-{row}")
    return ("\n".join(lines) + "\n").encode()


async def handed_in(node: Node, body: bytes, name: str = "orders.csv") -> dict[str, HistoryFile]:
    async def pieces() -> AsyncIterator[bytes]:
        yield body

    upload = await Uploads(uploads_folder(Path(node.settings.data_dir))).keep(name, pieces())
    return {"file": HistoryFile(sha256=upload.sha256, name=upload.name)}


async def looked(node: Node, ask: HistoryAsk) -> Question:
    peak = node.ask(PeakApi)
    question = await peak.look_at_history(caller=PLANNER, key=new_key(), ask=ask)
    async with asyncio.timeout(120):
        while question.state not in {PlanState.DONE, PlanState.FAILED}:
            await asyncio.sleep(0.1)  # questions have no event to wait for
            question = await peak.get_question(caller=READER, question_id=question.id)
    return question


async def report_of(node: Node, question: Question) -> QualityReport:
    assert question.mistakes == ()
    part = await node.ask(PeakApi).get_answer(caller=READER, question_id=question.id, step="quality")
    return msgspec.json.decode(part.body, type=QualityReport)


@pytest.mark.timeout(240)  # the numerics are loaded by a process that gives way to everything else
async def test_a_file_is_looked_over_and_may_be_saved_as_the_history(node_with: NodeWith) -> None:
    node = await node_with("peak", background=True)
    question = await looked(node, HistoryAsk(document=ZONE, files=await handed_in(node, csv(40))))
    report = await report_of(node, question)
    assert (report.lines_read, report.timezone) == (40, "Europe/Amsterdam")
    assert question.history is not None
    source = decode_source(question.history.document.encode())
    assert (source.about, source.timezone) == ("orders.csv", "Europe/Amsterdam")
    assert (history_folder(Path(node.settings.data_dir)) / source.file).read_bytes() == csv(40)
    edit = InputEdit(name="history.toml", text=question.history.document, expected_version=0)
    peak = node.ask(PeakApi)
    assert await peak.list_inputs(caller=READER) == ()
    await peak.put_inputs(caller=PLANNER, key=new_key(), edits=(edit,))

    bad = await looked(node, HistoryAsk(document=ZONE, files=await handed_in(node, csv(40, wrong=17))))
    assert [(one.rule, one.row) for one in bad.mistakes] == [("quantity", 17)]
    shop = await looked(node, HistoryAsk(document=ZONE, files=await handed_in(node, b"a,b\n1,2\n")))
    assert [one.rule for one in shop.mistakes] == ["unknown_format"]
    picture = await looked(node, HistoryAsk(document=ZONE, files=await handed_in(node, b"GIF89a", "orders.gif")))
    assert [(one.where, one.rule) for one in picture.mistakes] == [("orders.gif", "unknown_format")]
    gone = HistoryAsk(document=ZONE, files={"file": HistoryFile(sha256="0" * 64, name="orders.csv")})
    assert [one.rule for one in (await looked(node, gone)).mistakes] == ["upload_gone"]
    taken_back = question.history.document + 'keep = ["no-such-key"]\n'
    assert [one.rule for one in (await looked(node, HistoryAsk(document=taken_back))).mistakes] == ["unknown_key"]
    newest = await peak.list_questions(caller=READER, kind=QuestionKind.HISTORY)
    assert len(newest) == 6


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        (HistoryAsk(document=ZONE), "missing"),
        (HistoryAsk(document="timezone = = 1", from_shop=True), "not_readable"),
        (HistoryAsk(document="keep = 7", from_shop=True), "not_readable"),
        (
            HistoryAsk(document=ZONE, from_shop=True, files={"weather": HistoryFile(sha256="", name="")}),
            "unknown_field",
        ),
    ],
)
async def test_what_cannot_be_read_at_all_is_not_asked(node_with: NodeWith, ask: HistoryAsk, rule: str) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.look_at_history(caller=PLANNER, key=new_key(), ask=ask)
    assert [mistake.rule for mistake in refused.value.mistakes] == [rule]
    assert await peak.list_questions(caller=READER, kind=QuestionKind.HISTORY) == ()


class Orders:
    """Sixty days of a shop that sells mugs in pounds and euros."""

    async def sales(self, *, after: str | None = None, **_: object) -> Page[Sale]:
        days = range(30) if after is None else range(30, 60)
        items = tuple(
            Sale(
                order_id=uuid7(),
                number=f"o-{day}",
                placed_at=FIRST + timedelta(days=day),
                currency="EUR",
                base_currency="GBP",
                fx_to_base=0.5,
                country="NL",
                lines=(SoldLine(sku="mug", units=3, cancelled=1, unit_minor=1000),),
            )
            for day in days
        )
        return Page(items=items, after="more" if after is None else None)


class Others:
    """What the other contexts say about the mug, and a hat that nobody has bought."""

    async def list_products(self, **_: object) -> Page[ProductRow]:
        row = ProductRow(
            id=uuid7(),
            name="Mug",
            skus=("mug", "hat"),
            category="mugs-and-cups",
            published=True,
            popularity=1,
        )
        return Page(items=(row,), after=None)

    async def stock(self, **_: object) -> Page[StockRow]:
        rows = tuple(
            StockRow(
                sku="mug",
                location=place,
                supply=Supply.STOCK,
                on_hand=10,
                held=0,
                claimed=2,
                inbound=0,
                available=8,
                low_stock_at=0,
            )
            for place in ("main", "second")
        )
        return Page(items=rows, after=None)

    async def list_inbound(self, **_: object) -> tuple[Inbound, ...]:
        about: dict[str, Any] = {"supplier": "s", "location": "main", "confirmed": True}
        return (
            Inbound(id=uuid7(), sku="mug", quantity=50, received=20, expected_on=date(2026, 9, 9), **about),
            Inbound(id=uuid7(), sku="unknown", quantity=50, received=0, expected_on=date(2026, 9, 9), **about),
        )

    async def funnel(self, **_: object) -> Funnel:
        day = FunnelSlice(name="2026-03-02", visits=40, products=1, carts=1, checkouts=1, orders=1)
        return Funnel(counts=day, visits=day, slices=(day,))


async def test_the_shops_own_orders_are_taken_with_what_the_others_know(
    node_with: NodeWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = msgspec.json.encode(Ended({})).decode()
    program = f"import sys\nfor _ in sys.stdin: print({said!r}, flush=True)"
    monkeypatch.setattr("springtide.contexts.peak.providers.question_run.PROGRAM", ("-c", program))
    others = Others()
    fakes = {OrdersApi: Orders(), CatalogApi: others, InventoryApi: others, InsightApi: others}
    node = await node_with("peak", background=True, fakes=fakes)
    question = await looked(node, HistoryAsk(document=ZONE, from_shop=True))
    assert question.mistakes == ()
    assert question.history is not None
    source = decode_source(question.history.document.encode())
    kept = history_folder(Path(node.settings.data_dir))
    lines = read_order_lines(kept / source.file, timezone=source.timezone).frame
    assert (lines.height, lines["quantity"].sum(), lines["cancelled"].sum()) == (60, 180, 60)
    assert set(lines["price_minor"]) == {500.0}  # ten euro at 0.5 pounds
    assert (kept / source.catalogue).read_text() == "sku,category\nhat,mugs-and-cups\nmug,mugs-and-cups\n"
    assert (kept / source.stock).read_text() == "sku,on_hand,pack\nmug,16,1\n"
    assert (kept / source.inbound).read_text() == "sku,quantity,arrives\nmug,30,2026-09-09\n"
    assert source.currency == "GBP"
    assert (source.visits, source.about) == ("", "the shop's own orders")  # visits of one day are not those of sixty


async def test_a_shop_that_has_sold_nothing_has_no_past(node_with: NodeWith) -> None:
    node = await node_with("peak", background=True, fakes={OrdersApi: Nobody()})
    question = await looked(node, HistoryAsk(document=ZONE, from_shop=True))
    assert [(one.where, one.rule) for one in question.mistakes] == [("orders", "empty")]


class TwoSellers(Orders):
    """The same shop, with a second seller that keeps its books in yen."""

    async def sales(self, *, after: str | None = None, **_: object) -> Page[Sale]:
        page = await super().sales(after=after)
        if after is None:
            return page
        yen = msgspec.structs.replace(page.items[-1], currency="JPY", base_currency="JPY", fx_to_base=1.0)
        return Page(items=(*page.items[:-1], yen), after=None)


async def test_sellers_with_different_currencies_have_no_past_in_common(node_with: NodeWith) -> None:
    others = Others()
    fakes = {OrdersApi: TwoSellers(), CatalogApi: others, InventoryApi: others, InsightApi: others}
    node = await node_with("peak", background=True, fakes=fakes)
    question = await looked(node, HistoryAsk(document=ZONE, from_shop=True))
    (mistake,) = question.mistakes
    assert mistake.rule == "mixed_currencies"
    assert "o-59 is of a seller with books in JPY" in mistake.message
    kept = history_folder(Path(node.settings.data_dir))
    assert not kept.exists() or not list(kept.iterdir())


class Nobody:
    """A shop that opened today."""

    async def sales(self, **_: object) -> Page[Sale]:
        return Page(items=(), after=None)


async def test_load_takes_the_shops_own_orders_as_files(node_with: NodeWith, tmp_path: Path) -> None:
    others = Others()
    fakes = {OrdersApi: Orders(), CatalogApi: others, InventoryApi: others, InsightApi: others}
    node = await node_with("peak", fakes=fakes)
    options = Namespace(
        file="shop", catalogue="", visits="", events="", timezone="Europe/Amsterdam", keep=[], history_until=None
    )
    options.stock, options.inbound = "own-count.csv", ""
    await load.take_shop(node.ask, tmp_path, options)
    assert (options.file, options.stock) == (str(tmp_path / "sales.csv"), "own-count.csv")
    options.keep = ["no-such-key"]
    with pytest.raises(InvalidPeakInput, match="no-such-key"):
        await load.take_shop(node.ask, tmp_path, options)
