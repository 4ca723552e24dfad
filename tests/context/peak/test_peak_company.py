"""The documents of a desk as files in a folder, and back."""

from pathlib import Path

import pytest

from springtide.commands.peak import company
from springtide.contracts.peak.api import PeakApi
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT
from springtide.contracts.peak.documents import FOLDER_DOCUMENTS
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.demo.company import COMPANY_FOLDER
from tests.conftest import NodeWith
from tests.context.peak.conftest import READER


async def test_a_company_is_imported_and_exported_again(
    node_with: NodeWith, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    await company.take(peak, COMPANY_FOLDER, "the demo's")
    there = {info.name: info for info in await peak.list_inputs(caller=READER)}
    assert (
        {"company.toml", "budget.toml", "partners.toml", "risks.toml"}
        <= set(there)
        <= {*FOLDER_DOCUMENTS, CALENDAR_DOCUMENT}
    )
    assert {info.reason for info in there.values()} == {"the demo's"}
    await company.take(peak, COMPANY_FOLDER, "")
    assert "budget.toml, version 1 as before" in capsys.readouterr().out
    await company.write(peak, tmp_path / "copy")
    assert {file.name: file.read_bytes() for file in (tmp_path / "copy").iterdir()} == {
        file.name: file.read_bytes() for file in COMPANY_FOLDER.iterdir()
    }


async def test_a_wrong_folder_saves_nothing(node_with: NodeWith, tmp_path: Path) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    with pytest.raises(InvalidPeakInput, match="there is none of"):
        await company.take(peak, tmp_path, "")
    (tmp_path / "budget.toml").write_text("cash_minor = 1\ncash = 2\n")
    with pytest.raises(InvalidPeakInput) as refused:
        await company.take(peak, tmp_path, "")
    assert [(mistake.where, mistake.row) for mistake in refused.value.mistakes] == [("budget.toml", 2)]
    assert await peak.list_inputs(caller=READER) == ()
