"""Documents of a plan: every one reaches its terms, defaults can be written down, mistakes are found again by line."""

from datetime import date

import pytest

from springtide.contexts.peak.domain.documents import mistakes_of
from springtide.contexts.peak.domain.toml_lines import line_of
from springtide.contracts.peak.budget import BudgetFigures, BudgetTerms, decode_budget
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT, EventCalendar
from springtide.contracts.peak.documents import ALL_DOCUMENTS, FOLDER_DOCUMENTS, first_text, toml_of, with_terms
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.paths import Calibration
from springtide.contracts.peak.plan import PlanTerms
from springtide.contracts.peak.source import HistorySource, decode_source
from springtide.demo.company import COMPANY_FOLDER, load_company

BUDGET = """
cash_minor = 500
buffer_at = 0.9
[[releases]]
line = "*"
role = "owner"
up_to_minor = 900
[[bookings]]
id = "film"
line = "marketing"
kind = "committed"
amount_minor = 70
day = 2026-10-01
by = "ada"
[figures]
returned = { value = 11, unit = "% of orders", source = "our own returns of 2025" }
"""


@pytest.fixture
def terms() -> PlanTerms:
    calibration = Calibration(
        common_sd=0.1,
        event_sd=0.1,
        day_sd=0.1,
        group_sd=0.1,
        volumes=(),
        product_sd=(0.3,),
        dispersion=(1.0,),
        learned_on="a test",
    )
    calendar = EventCalendar(regions=("GB",))
    return PlanTerms(as_of=date(2026, 9, 1), company=load_company(), calendar=calendar, calibration=calibration)


def test_every_document_reaches_the_terms(terms: PlanTerms) -> None:
    documents = {
        "staff.toml": b"closed = [2026-12-25]",
        "stock.toml": b"seasonal_categories = ['advent']",
        "fulfilment.toml": b"extra_shift_months = [12]",
        "budget.toml": BUDGET.encode(),
        "partners.toml": (COMPANY_FOLDER / "partners.toml").read_bytes(),
        "risks.toml": (COMPANY_FOLDER / "risks.toml").read_bytes(),
    }
    said = with_terms(terms, documents)
    assert said.stock.seasonal_categories == ("advent",)
    assert said.fulfilment.extra_shift_months == (12,)
    assert (said.budget.cash_minor, said.budget.buffer_at) == (500, 0.9)
    assert [(release.role, release.up_to_minor) for release in said.budget.releases] == [("owner", 900)]
    assert [booking.id for booking in said.budget.bookings] == ["film"]
    assert (said.figures.returned.value, said.figures.packing) == (11, BudgetFigures().packing)
    assert said.partners
    assert said.risks
    assert said.staff != terms.staff


def test_without_documents_the_terms_stay(terms: PlanTerms) -> None:
    assert with_terms(terms, {}) == terms


@pytest.mark.parametrize("name", [name for name in ALL_DOCUMENTS if first_text(name)])
def test_defaults_can_be_written_down_and_read_again(name: str, terms: PlanTerms) -> None:
    text = first_text(name).encode()
    assert list(mistakes_of({name: text})) == []
    assert with_terms(terms, {name: text}) == terms


def test_the_demo_company_keeps_every_document_that_it_has() -> None:
    there = {file.name for file in COMPANY_FOLDER.iterdir()}
    assert there <= {*FOLDER_DOCUMENTS, CALENDAR_DOCUMENT}
    assert list(mistakes_of({name: (COMPANY_FOLDER / name).read_bytes() for name in there})) == []


def test_a_source_is_written_as_it_is_read() -> None:
    source = HistorySource("0" * 64 + ".csv", timezone="Europe/Amsterdam", keep=("bulk", 'an "odd" key'))
    assert decode_source(toml_of(source).encode()) == source


@pytest.mark.parametrize(
    ("name", "text", "row", "words"),
    [
        (
            "budget.toml",
            "cash_minor = 1\n[[releases]]\nline = '*'\nrole = 'a'\nup_to_minor = 1\n[[releases]]\nrolle = 'b'\n",
            7,
            "rolle",
        ),
        ("budget.toml", "\ncash_minor = 'much'\n", 2, "int"),
        ("budget.toml", "[figures]\n\nvat = { value = 20, unit = '%' }\n", 3, "source"),
        ("levers.toml", "size = 1\nsice = 2\n", 2, "sice"),
        ("risks.toml", "# a\nrisks = = 3\n", 2, "line 2"),
    ],
)
def test_a_mistake_names_its_key_and_its_line(name: str, text: str, row: int, words: str) -> None:
    (mistake,) = mistakes_of({name: text.encode()})
    assert (mistake.where, mistake.row) == (name, row)
    assert words in mistake.message


def test_a_key_is_found_in_lists_of_tables_in_tables() -> None:
    text = (
        "a = 1\n[[house]]\nid = 'one'\n[[house]]\n[[house.door]]\nwide = 1\n[[house.door]]\nwide = 2\n[roof]\nred = 3\n"
    )
    keys = ("$.a", "$.house[0].id", "$.house[1].door[1].wide", "$.roof.red", "$.roof.blue", "$.nothing")
    assert [line_of(text, key) for key in keys] == [1, 3, 8, 10, 9, 0]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("buffer_at = 1.0", ["buffer_at"]),
        ("capital_cost = 8.0", ["capital_cost"]),
        (BUDGET.replace("committed", "promised").replace("70", "-70"), ["unknown_kind", "negative"]),
        ("cash_minor = 0.5", ["not_readable"]),
        (BUDGET.replace("900", "-1"), ["negative"]),
    ],
)
def test_a_budget_that_cannot_be_is_refused_by_name(text: str, rules: list[str]) -> None:
    with pytest.raises(InvalidPeakInput) as refused:
        decode_budget(text.encode())
    assert [mistake.rule for mistake in refused.value.mistakes] == rules


def test_a_budget_of_nothing_is_the_defaults() -> None:
    assert decode_budget(b"") == (BudgetTerms(), BudgetFigures())
