"""docs/contexts.md says what the code does: its tables are made from the code and compared with the page."""

import re

import pytest

from springtide.bootstrap.specs import spec_of
from springtide.settings import CONTEXTS
from tests.architecture.contexts_tables import (
    CALLERS,
    DOCUMENT,
    all_calls,
    calls_by,
    emitted_by,
    events,
    filled,
    heard_by,
    jobs_of,
    lanes_of,
    short,
    tables,
)
from tests.architecture.sources import PACKAGE

AGAIN = "run `.venv/bin/python -m tests.architecture.contexts_tables` and read the difference"


@pytest.mark.parametrize("name", [*CONTEXTS, "calls", "events"])
def test_the_page_shows_what_the_code_does(name: str) -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    shown = re.search(rf"<!-- from the code: {name} -->\n(.*?)\n<!-- end -->", page, re.DOTALL)
    assert shown is not None, name
    assert tables()[name] == shown[1], AGAIN


def test_writing_the_tables_changes_nothing_else() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    assert filled(page, tables()) == page, AGAIN
    emptied = filled(page, dict.fromkeys(tables(), "gone"))
    assert emptied.count("gone\n<!-- end -->") == len(CONTEXTS) + 2
    assert filled(emptied, tables()) == page


def test_every_part_that_may_call_a_contract_is_in_the_table() -> None:
    parts = {path.name for path in (PACKAGE / "channels").iterdir() if (path / "__init__.py").exists()} - {"pages"}
    assert parts | set(CONTEXTS) | {"rehearsal", "demo", "commands"} == {short(folder) for folder in CALLERS}
    assert calls_by("channels/pages") == {}


def test_calls_are_found_in_every_way_they_are_written() -> None:
    calls = all_calls()
    assert "place" in calls["checkout"]["orders"]  # self._tools.orders.place
    assert "snapshot" in calls["browse"]["inventory"]  # a bound method handed on
    assert "merge" in calls["storefront"]["checkout"]  # desk.ask(CheckoutApi).merge
    assert "create_cart" in calls["shop_api"]["checkout"]  # by a function that returns the contract
    assert "shop_front" in calls["orders"]["pricing"]  # self._pricing.shop_front
    assert "cancel" in calls["backoffice"]["orders"]  # visit.office.orders.cancel


def test_nobody_calls_a_verb_of_its_own_context() -> None:
    assert [name for name in CONTEXTS if name in all_calls()[name]] == []


def test_events_are_made_by_their_owner_only() -> None:
    for name, (owner, kind) in events().items():
        assert kind.partition(".")[0] == owner
        assert {context for context in CONTEXTS if name in emitted_by(context)} <= {owner}


def test_what_is_heard_and_worked_off_is_found() -> None:
    assert {"OrderShipped", "OrderAdjusted"} <= heard_by("inventory")
    assert {"PricesChanged", "AvailabilityChanged"} <= heard_by("browse")
    for context in CONTEXTS:
        assert bool(jobs_of(context) or lanes_of(context)) == spec_of(context).has_jobs
