"""A plan taken along: files joined from their pages, tables that no spreadsheet runs."""

import csv
import io

import msgspec
import pytest

from springtide.contracts.peak.api import FilePage, Part, PartInfo, PeakNotFound
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_fakes import FakeShop

FOLDER = f"/peak/plans/{peak_plans.PLAN}/download"
LINES = [{"sku": "=HYPERLINK(1)", "units": -3}, {"sku": "mug", "units": 4}]
PARTS = {
    "stock": [b'{"spend_minor":700}'],
    "stock.lines": [msgspec.json.encode(LINES[:1]), msgspec.json.encode(LINES[1:])],
    "deadlines": [b"[]"],
    "file.plan.xlsx": [b"PK\x03", b"\x04rest"],
}


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    def part(asked: dict) -> Part:
        pages = PARTS.get(asked["step"], [])
        if asked["page"] >= len(pages):
            message = "There is no such part."
            raise PeakNotFound(message, what="part")
        return Part(step=asked["step"], page=asked["page"], pages=len(pages), body=pages[asked["page"]])

    def file(asked: dict) -> FilePage:
        return FilePage(name=asked["name"], page=asked["page"], pages=2, body=(b'{"a":', b"1}")[asked["page"]])

    infos = tuple(PartInfo(step=step, pages=len(pages), size_bytes=1) for step, pages in PARTS.items())
    shop.answers |= {
        "peak.get_plan": msgspec.structs.replace(peak_plans.plan(), parts=infos),
        "peak.get_part": part,
        "peak.get_plan_file": file,
    }


async def test_files_are_joined_from_their_pages(owner: Browser) -> None:
    plan = await owner.get(f"{FOLDER}/plan.json")
    assert (plan.status, plan.text) == (200, '{"a":1}')
    assert plan.headers["content-disposition"] == 'attachment; filename="plan-4-plan.json"'
    book = await owner.get(f"{FOLDER}/plan.xlsx")
    assert (book.text, book.headers["content-type"].partition("sheetml")[1]) == ("PK\x03\x04rest", "sheetml")


async def test_a_table_is_csv_that_no_spreadsheet_runs(owner: Browser) -> None:
    answer = await owner.get(f"{FOLDER}/stock.lines.csv")
    assert list(csv.reader(io.StringIO(answer.text))) == [["sku", "units"], ["'=HYPERLINK(1)", "-3"], ["mug", "4"]]
    assert (await owner.get(f"{FOLDER}/stock.csv")).text == answer.text


@pytest.mark.parametrize("name", ["plan.exe", "rosters.ics", "hats.csv", "deadlines.csv", "csv"])
async def test_what_a_plan_does_not_have_is_not_found(owner: Browser, name: str) -> None:
    assert (await owner.get(f"{FOLDER}/{name}")).status == 404


async def test_only_who_may_look_takes_it_along(browser_of: BrowserOf) -> None:
    assert (await browser_of("orders.read").get(f"{FOLDER}/plan.json")).status == 403
