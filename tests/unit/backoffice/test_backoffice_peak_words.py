"""Every sentence that a page of the desk may say is there, also in branches that no test page takes."""

import re
from pathlib import Path

import pytest

from springtide.channels import backoffice
from springtide.channels.backoffice.areas.peak import SCREENS
from springtide.contracts.peak.common import Department
from springtide.contracts.peak.paths import Scope
from springtide.contracts.peak.phrases import sentences

OFFICE = Path(backoffice.__file__).parent
TEMPLATES = sorted((OFFICE / "templates/peak").glob("*.html"))
MODULES = sorted([*(OFFICE / "peak").rglob("*.py"), *(OFFICE / "areas").glob("peak*.py")])
CALL = re.compile(
    r"""(?<![\w.`])(?:t|speech|speech_of\(visit\))\("""  # not the example in a docstring
    r"""\s*("[^"~{]+?"(?:\s+if\s[^,)]+?\selse\s+"[^"~]+?")?)\s*[,)]"""
)


def keys(path: Path) -> set[str]:
    found = CALL.findall(path.read_text(encoding="utf-8"))
    return {key for call in found for key in re.findall(r'(?:^|else )"([^"]+)"', call)}


@pytest.mark.parametrize("path", [*TEMPLATES, *MODULES], ids=lambda path: path.name)
def test_every_key_of_a_page_has_its_sentence(path: Path) -> None:
    assert {key for key in keys(path) if f"desk.{key}" not in sentences()} == set()


def test_keys_are_found_in_pages() -> None:
    assert {"stock_finding", "roster_proven", "roster_bound"} <= {key for path in TEMPLATES for key in keys(path)}
    assert {"staff_short", "storage_fits", "override_added"} <= {key for path in MODULES for key in keys(path)}


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        ("department", tuple(Department)),
        ("scope", tuple(Scope)),
        ("outcome", ("order", "wait", "too_late")),
        ("state", ("queued", "running", "done", "failed")),
        ("level", ("total", "product")),
        ("kind", ("supplier", "gateway", "cloud", "partner", "carrier", "hiring", "freeze")),
    ],
)
def test_words_for_every_kind_of_a_thing(start: str, ends: tuple[str, ...]) -> None:
    assert {end for end in ends if f"desk.{start}_{end}" not in sentences()} == set()


def test_every_page_has_its_name() -> None:
    assert {screen.name for screen in SCREENS if f"desk.page_{screen.name}" not in sentences()} == set()
