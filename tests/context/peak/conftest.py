"""The peak desk in a fresh database, and a past for it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from springtide.bootstrap import Node
from springtide.contexts.peak.jobs import history_folder
from springtide.contexts.peak.providers.kept_files import keep_file
from springtide.contracts.peak.api import InputEdit, PeakApi
from springtide.contracts.peak.company import COMPANY_DOCUMENTS
from springtide.demo.company import COMPANY_FOLDER
from springtide.platform.caller import Caller, Kind
from springtide.platform.usecase import new_key

PLANNER = Caller(actor="ada", kind=Kind.STAFF, scopes=frozenset({"peak.*", "audit.read"}), reason="the first plan")
READER = Caller(actor="bob", kind=Kind.STAFF, scopes=frozenset({"peak.read"}))

Past = Callable[[Node], Awaitable[str]]


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
        days = (f"2026-03-{day:02},mug,{2 if day != 9 else 500},5.00,o{day}\n" for day in range(1, 29))
        file.write_text("time,sku,quantity,unit_price,order_id\n" + "".join(days))
        name = keep_file(history_folder(Path(node.settings.data_dir)), file)
        text = f'file = "{name}"\ntimezone = "Europe/Amsterdam"\n'
        edit = InputEdit(name="history.toml", text=text, expected_version=0)
        await node.ask(PeakApi).put_inputs(caller=PLANNER, key=new_key(), edits=(edit, *company_edits()))
        return text

    return put
