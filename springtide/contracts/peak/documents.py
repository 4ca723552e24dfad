"""All documents a plan can be made of, by name: which there are, what each begins with, and what they say of the terms.

The nine of the company are checked together; the rest has a default and replaces what it names.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

import msgspec

from springtide.contracts.peak.budget import BUDGET_DOCUMENT, BudgetFigures, BudgetTerms, decode_budget
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT
from springtide.contracts.peak.company import COMPANY_DOCUMENTS
from springtide.contracts.peak.fulfilment import FULFILMENT_DOCUMENT, FulfilmentTerms, decode_fulfilment_terms
from springtide.contracts.peak.partners import PARTNERS_DOCUMENT, decode_partner_notes
from springtide.contracts.peak.paths import Levers
from springtide.contracts.peak.plan import PlanTerms
from springtide.contracts.peak.risk import RISKS_DOCUMENT, decode_risks
from springtide.contracts.peak.source import CALIBRATION_DOCUMENT, LEVERS_DOCUMENT, SOURCE_DOCUMENT
from springtide.contracts.peak.staff_terms import STAFF_DOCUMENT, StaffTerms, decode_staff_terms
from springtide.contracts.peak.stock import STOCK_DOCUMENT, StockTerms, decode_stock_terms

TERMS_DOCUMENTS = (
    STAFF_DOCUMENT,
    STOCK_DOCUMENT,
    FULFILMENT_DOCUMENT,
    BUDGET_DOCUMENT,
    PARTNERS_DOCUMENT,
    RISKS_DOCUMENT,
)
"""Documents of a company that have a default: what it says better."""
FOLDER_DOCUMENTS = (*COMPANY_DOCUMENTS, *TERMS_DOCUMENTS)
"""What a company's folder may hold: exported, imported and read together."""
ALL_DOCUMENTS = (SOURCE_DOCUMENT, *FOLDER_DOCUMENTS, CALENDAR_DOCUMENT, LEVERS_DOCUMENT, CALIBRATION_DOCUMENT)


_LEFT_OUT: tuple[object, ...] = (None, "", ())


def with_terms(terms: PlanTerms, documents: Mapping[str, bytes]) -> PlanTerms:
    """Return the terms with what these documents say; those that are not there leave the default.

    Raises InvalidPeakInput naming every mistake of the first document that has any.
    """
    said: dict[str, object] = {}
    for name, field, decode in (
        (STAFF_DOCUMENT, "staff", decode_staff_terms),
        (STOCK_DOCUMENT, "stock", decode_stock_terms),
        (FULFILMENT_DOCUMENT, "fulfilment", decode_fulfilment_terms),
        (PARTNERS_DOCUMENT, "partners", decode_partner_notes),
        (RISKS_DOCUMENT, "risks", decode_risks),
    ):
        if name in documents:
            said[field] = decode(documents[name])
    if BUDGET_DOCUMENT in documents:
        said["budget"], said["figures"] = decode_budget(documents[BUDGET_DOCUMENT])
    return msgspec.structs.replace(terms, **said)


def first_text(name: str) -> str:
    """Return what a document that is not there begins with: its defaults, to be changed; "" where there is none."""
    make = _DEFAULTS.get(name)
    return make() if make else ""


def toml_of(record: msgspec.Struct) -> str:
    """Return a record as TOML, a line for each field; nothing is written for what is None or empty."""
    return "".join(
        f"{name} = {_value(value)}\n"
        for name, value in msgspec.structs.asdict(record).items()
        if value not in _LEFT_OUT
    )


def _value(value: object) -> str:
    """Return a value in TOML's own words; tables within a line."""
    if isinstance(value, msgspec.Struct):
        return f"{{ {', '.join(_pairs(value))} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, date):
        return value.isoformat()
    return msgspec.json.encode(value).decode()


def _pairs(record: msgspec.Struct) -> Iterator[str]:
    for name, value in msgspec.structs.asdict(record).items():
        if value not in _LEFT_OUT:
            yield f"{name} = {_value(value)}"


def _budget() -> str:
    figures = "".join(f"{line}\n" for line in toml_of(BudgetFigures()).splitlines())
    return f"{toml_of(BudgetTerms())}\n[figures]\n{figures}"


_DEFAULTS: Mapping[str, Callable[[], str]] = {
    STAFF_DOCUMENT: lambda: toml_of(StaffTerms()),
    STOCK_DOCUMENT: lambda: toml_of(StockTerms()),
    FULFILMENT_DOCUMENT: lambda: toml_of(FulfilmentTerms()),
    LEVERS_DOCUMENT: lambda: toml_of(Levers()),
    BUDGET_DOCUMENT: _budget,
}
