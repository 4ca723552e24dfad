"""The documents a plan is made of: which there are, and what is wrong with a set of them."""

from collections.abc import Callable, Iterator, Mapping

from springtide.contexts.peak.domain.toml_lines import located
from springtide.contracts.peak.accuracy import ACCURACY_DOCUMENT, decode_accuracy
from springtide.contracts.peak.api import MOST_INPUT_BYTES
from springtide.contracts.peak.budget import BUDGET_DOCUMENT, decode_budget
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT, decode_calendar
from springtide.contracts.peak.company import COMPANY_DOCUMENTS, decode_company
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.facts import FACTS_DOCUMENT, decode_facts
from springtide.contracts.peak.fulfilment import FULFILMENT_DOCUMENT, decode_fulfilment_terms
from springtide.contracts.peak.partners import PARTNERS_DOCUMENT, decode_partner_notes
from springtide.contracts.peak.readiness import READINESS_DOCUMENT, decode_readiness_terms
from springtide.contracts.peak.risk import RISKS_DOCUMENT, decode_risks
from springtide.contracts.peak.source import (
    CALIBRATION_DOCUMENT,
    LEVERS_DOCUMENT,
    SOURCE_DOCUMENT,
    decode_calibration,
    decode_levers,
    decode_source,
)
from springtide.contracts.peak.staff_terms import STAFF_DOCUMENT, decode_staff_terms
from springtide.contracts.peak.stock import STOCK_DOCUMENT, decode_stock_terms

SINGLE: Mapping[str, Callable[[bytes], object]] = {
    CALENDAR_DOCUMENT: decode_calendar,
    ACCURACY_DOCUMENT: decode_accuracy,
    CALIBRATION_DOCUMENT: decode_calibration,
    FACTS_DOCUMENT: decode_facts,
    LEVERS_DOCUMENT: decode_levers,
    SOURCE_DOCUMENT: decode_source,
    PARTNERS_DOCUMENT: decode_partner_notes,
    READINESS_DOCUMENT: decode_readiness_terms,
    RISKS_DOCUMENT: decode_risks,
    STAFF_DOCUMENT: decode_staff_terms,
    STOCK_DOCUMENT: decode_stock_terms,
    FULFILMENT_DOCUMENT: decode_fulfilment_terms,
    BUDGET_DOCUMENT: decode_budget,
}
"""Documents that are checked alone, and their readers."""

DOCUMENTS = (*COMPANY_DOCUMENTS, *SINGLE)
NEEDED = (SOURCE_DOCUMENT, *COMPANY_DOCUMENTS)
"""Without these no plan can be ordered; the others have a default."""


def mistakes_of(documents: Mapping[str, bytes]) -> Iterator[Mistake]:
    """Yield what is wrong with a set of documents by name, each mistake with its line where it has one.

    The company's are checked together once one is there.
    """
    for mistake in _found_in(documents):
        text = documents.get(mistake.where.partition(":")[0], b"").decode(errors="replace")
        yield located(mistake, text)


def _found_in(documents: Mapping[str, bytes]) -> Iterator[Mistake]:
    for name, text in documents.items():
        if name not in DOCUMENTS:
            message = f"a plan has no document of this name; there are {', '.join(DOCUMENTS)}"
            yield Mistake(where=name, rule="unknown_document", message=message)
        elif len(text) > MOST_INPUT_BYTES:
            message = f"a document has at most {MOST_INPUT_BYTES:,} bytes, not {len(text):,}"
            yield Mistake(where=name, rule="too_large", message=message)
    for name, decode in SINGLE.items():
        if name in documents:
            yield from _refused_by(decode, documents[name])
    company = {name: documents[name] for name in COMPANY_DOCUMENTS if name in documents}
    if company:
        yield from _refused_by(decode_company, company)


def missing(documents: Mapping[str, object]) -> Iterator[Mistake]:
    """Yield which documents a plan still needs."""
    for name in NEEDED:
        if name not in documents:
            message = "the document is missing: springtide peak load FILE makes it"
            yield Mistake(where=name, rule="document_missing", message=message)


def _refused_by(decode: Callable[..., object], given: object) -> Iterator[Mistake]:
    try:
        decode(given)
    except InvalidPeakInput as refused:
        yield from refused.mistakes
