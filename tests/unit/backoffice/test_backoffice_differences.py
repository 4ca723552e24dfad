"""Differences are listed, filtered and resolved by a form that works without script."""

import msgspec
import pytest

from springtide.contracts.common import Difference, DifferenceState, Page
from springtide.platform.difference_entry import DifferenceNotOpen
from springtide.platform.errors import Unavailable
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import NASTY, OWNER, difference
from tests.unit.backoffice.office_fakes import FakeShop

ROW = difference(2)
RESOLVE = f"/differences/inventory/{ROW.id}/resolve"


def put(shop: FakeShop, *rows: Difference, after: str | None = None) -> None:
    shop.answers["inventory.list_differences"] = Page(items=rows, after=after)


async def test_rows_of_both_contexts_are_listed_open_ones_first_asked_for(owner: Browser, shop: FakeShop) -> None:
    text = (await owner.get("/differences")).text
    assert "payment differs from gateway" in text
    assert "on hand is ledger sum" in text
    assert "/stock/item?sku=" in text
    for context in ("payments", "inventory"):
        assert [asked["state"] for asked in shop.asked(f"{context}.list_differences")] == [DifferenceState.OPEN]


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("?state=resolved", DifferenceState.RESOLVED),
        ("?state=gone", DifferenceState.GONE),
        ("?state=all", None),
        ("?state=melted", DifferenceState.OPEN),
    ],
)
async def test_the_filter_is_in_the_address(
    owner: Browser, shop: FakeShop, words: str, state: DifferenceState | None
) -> None:
    await owner.get(f"/differences{words}")
    assert shop.asked("payments.list_differences")[-1]["state"] == state


async def test_older_rows_of_one_context_are_a_page_away(owner: Browser, shop: FakeShop) -> None:
    put(shop, ROW, after="next-page")
    text = (await owner.get("/differences?state=all")).text
    assert "/differences?context=inventory&amp;state=all&amp;after=next-page" in text
    await owner.get("/differences?context=inventory&state=all&after=next-page")
    assert shop.asked("inventory.list_differences")[-1]["after"] == "next-page"
    assert len(shop.asked("payments.list_differences")) == 1


async def test_resolving_is_one_write_with_the_reason(owner: Browser, shop: FakeShop) -> None:
    put(shop, ROW)
    fields = {**await owner.form("/differences", RESOLVE), "note": "counted again"}
    for _ in range(2):
        answer = await owner.post(RESOLVE, fields)
        assert (answer.status, answer.location) == (303, "/differences")
    ((verb, arguments),) = shop.effects
    assert verb == "inventory.resolve_difference"
    assert (arguments["difference_id"], arguments["note"]) == (ROW.id, "counted again")
    assert (arguments["caller"].actor, arguments["caller"].reason) == (str(OWNER), "counted again")
    assert "It opens again when it changes" in (await owner.get("/differences")).text


async def test_a_note_is_asked_for_beside_the_form(owner: Browser, shop: FakeShop) -> None:
    put(shop, ROW)
    answer = await owner.post(RESOLVE, {**await owner.form("/differences", RESOLVE), "note": " "})
    assert answer.status == 400
    assert "Fill this in." in answer.text
    assert shop.writes() == []


async def test_one_resolved_meanwhile_is_told(owner: Browser, shop: FakeShop) -> None:
    put(shop, ROW)
    fields = {**await owner.form("/differences", RESOLVE), "note": "counted"}
    shop.refusals["inventory.resolve_difference"] = DifferenceNotOpen("This difference is gone already.", state="gone")
    put(shop)
    answer = await owner.post(RESOLVE, fields)
    assert answer.status == 409
    assert "This difference is gone already." in answer.text


async def test_who_may_only_look_has_no_form_and_is_refused(browser_of: BrowserOf, shop: FakeShop) -> None:
    looker = browser_of("audit.read", "inventory.read")
    assert "/resolve" not in (await looker.get("/differences")).text
    assert (await looker.post(RESOLVE, {"note": "x"})).status == 403
    assert shop.writes() == []


async def test_an_unknown_context_is_no_address(owner: Browser, shop: FakeShop) -> None:
    put(shop, ROW)
    fields = {**await owner.form("/differences", RESOLVE), "note": "x"}
    assert (await owner.post(RESOLVE.replace("inventory", "orders"), fields)).status == 404


async def test_a_context_that_is_away_hides_nothing_of_the_other(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["payments.list_differences"] = Unavailable("payments does not answer.")
    answer = await owner.get("/differences")
    assert answer.status == 200
    assert "payments does not answer." in answer.text
    assert "on hand is ledger sum" in answer.text


async def test_what_others_wrote_is_escaped(owner: Browser, shop: FakeShop) -> None:
    put(shop, msgspec.structs.replace(ROW, subject=NASTY, detail=NASTY, note=NASTY, state=DifferenceState.RESOLVED))
    assert "<script>alert" not in (await owner.get("/differences?state=all")).text


async def test_resolved_rows_say_who_and_why(owner: Browser, shop: FakeShop) -> None:
    done = msgspec.structs.replace(
        ROW, state=DifferenceState.RESOLVED, note="counted", resolved_by=f"staff:{OWNER}", resolved_at=ROW.last_seen
    )
    put(shop, done)
    shop.answers["payments.list_differences"] = Page(items=())
    text = (await owner.get("/differences?state=resolved")).text
    assert "counted" in text
    assert "you" in text
    assert "/resolve" not in text
