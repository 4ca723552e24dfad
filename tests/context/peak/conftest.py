"""The peak desk in a fresh database, and a past for it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from springtide.bootstrap import Node
from springtide.contexts.peak.jobs import history_folder
from springtide.contexts.peak.providers import plan_run
from springtide.contexts.peak.providers.kept_files import keep_file
from springtide.contexts.peak.providers.plan_messages import Ended, Message, PlanRequest
from springtide.contexts.peak.service import run_plan
from springtide.contracts.peak.api import InputEdit, PeakApi
from springtide.contracts.peak.company import COMPANY_DOCUMENTS
from springtide.demo.company import COMPANY_FOLDER
from springtide.platform.caller import Caller, Kind
from springtide.platform.usecase import new_key

PLANNER = Caller(actor="ada", kind=Kind.STAFF, scopes=frozenset({"peak.*", "audit.read"}), reason="the first plan")
READER = Caller(actor="bob", kind=Kind.STAFF, scopes=frozenset({"peak.read"}))

CATEGORY = "mugs-and-cups"

Past = Callable[[Node], Awaitable[str]]

_TOLD: dict[bytes, list[Message]] = {}
"""What the process said that made a plan, by what it was asked: said again to the next test that asks the same."""


@pytest.fixture(autouse=True)
def one_plan_for_all() -> Iterator[None]:
    """Make each plan once, whichever tests order it: the libraries take longer to load than most tests to run.

    The first test that orders a plan has it made by the real process; programs that tests put in its place are run.
    """
    program, really = plan_run.PROGRAM, plan_run.run_plan_process

    async def told(request: PlanRequest) -> AsyncGenerator[Message, None]:
        key = msgspec.json.encode(msgspec.structs.replace(request, folder=""))
        said = _TOLD.get(key, []) if program == plan_run.PROGRAM else []
        for message in said:
            yield message
        if not said:
            async with aclosing(really(request)) as messages:
                async for message in messages:
                    said.append(message)
                    yield message
            if program == plan_run.PROGRAM and isinstance(said[-1], Ended):
                _TOLD[key] = said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_plan, "run_plan_process", told)
        yield


def company_edits(**texts: str) -> tuple[InputEdit, ...]:
    """Return the demo company's documents as new ones; `people=…` puts another text in the place of people.toml."""
    return tuple(
        InputEdit(
            name=name,
            text=texts.get(name.removesuffix(".toml")) or (COMPANY_FOLDER / name).read_text(encoding="utf-8"),
            expected_version=0,
        )
        for name in COMPANY_DOCUMENTS
    )


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """Keep a short past and name it in history.toml; returns the document's text."""

    async def put(node: Node) -> str:
        file = tmp_path / "past.csv"
        first = date(2026, 3, 2)
        rows = (
            f"{first + timedelta(days=day)} {9 + order:02}:30,{sku},{1 + (day + order) % 3},5.00,"
            f"{sku}-{day}-{order},{CATEGORY}\n"
            for day in range(112)
            for order in range(4)
            for sku in ("mug", "cup")
        )
        bulk = f"2026-03-09 12:00,mug,500,5.00,hotel,{CATEGORY}\n"
        file.write_text("time,sku,quantity,unit_price,order_id,category\n" + "".join(rows) + bulk)
        name = keep_file(history_folder(Path(node.settings.data_dir)), file)
        text = f'file = "{name}"\ntimezone = "Europe/Amsterdam"\n'
        edit = InputEdit(name="history.toml", text=text, expected_version=0)
        await node.ask(PeakApi).put_inputs(caller=PLANNER, key=new_key(), edits=(edit, *company_edits()))
        return text

    return put
