"""The documents a plan is made of: which there are, and what is wrong with a set of them."""

from collections.abc import Callable, Iterator, Mapping

from springtide.contracts.peak.accuracy import ACCURACY_DOCUMENT, decode_accuracy
from springtide.contracts.peak.api import MOST_INPUT_BYTES
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT, decode_calendar
from springtide.contracts.peak.company import COMPANY_DOCUMENTS, decode_company
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.partners import PARTNERS_DOCUMENT, decode_partner_notes
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

SINGLE: Mapping[str, Callable[[bytes], object]] = {
    CALENDAR_DOCUMENT: decode_calendar,
    ACCURACY_DOCUMENT: decode_accuracy,
    CALIBRATION_DOCUMENT: decode_calibration,
    LEVERS_DOCUMENT: decode_levers,
    SOURCE_DOCUMENT: decode_source,
    PARTNERS_DOCUMENT: decode_partner_notes,
    RISKS_DOCUMENT: decode_risks,
    STAFF_DOCUMENT: decode_staff_terms,
}
"""Documents that are checked alone, and their readers."""

DOCUMENTS = (*COMPANY_DOCUMENTS, *SINGLE)
NEEDED = (SOURCE_DOCUMENT, *COMPANY_DOCUMENTS)
"""Without these no plan can be ordered; the others have a default."""


def mistakes_of(documents: Mapping[str, bytes]) -> Iterator[Mistake]:
    """Yield what is wrong with a set of documents by name; the company's are checked together once one is there."""
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
