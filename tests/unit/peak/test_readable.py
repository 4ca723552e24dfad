"""Documents nobody can read are refused by name, whatever is in them."""

from collections.abc import Callable

import pytest

from springtide.contracts.peak.budget import decode_budget
from springtide.contracts.peak.calendar import decode_calendar
from springtide.contracts.peak.company import COMPANY_DOCUMENTS, decode_company
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.facts import decode_facts
from springtide.contracts.peak.fulfilment import decode_fulfilment_terms
from springtide.contracts.peak.partners import decode_partner_notes
from springtide.contracts.peak.readiness import decode_readiness_terms
from springtide.contracts.peak.risk import decode_risks
from springtide.contracts.peak.source import decode_calibration, decode_draft, decode_levers, decode_source
from springtide.contracts.peak.staff_terms import decode_staff_terms
from springtide.contracts.peak.stock import decode_stock_terms

UNREADABLE = (b"\xff\xfe", b"a = " + b"[" * 1_500, b'{"a":' * 5_000, b"a = ", b"[[", "naïve = é".encode("latin-1"))


def company(document: bytes) -> object:
    return decode_company(dict.fromkeys(COMPANY_DOCUMENTS, document))


@pytest.mark.parametrize("document", UNREADABLE, ids=range(len(UNREADABLE)))
@pytest.mark.parametrize(
    "decode",
    [
        company,
        decode_budget,
        decode_calendar,
        decode_calibration,
        decode_draft,
        decode_facts,
        decode_fulfilment_terms,
        decode_levers,
        decode_partner_notes,
        decode_readiness_terms,
        decode_risks,
        decode_source,
        decode_staff_terms,
        decode_stock_terms,
    ],
)
def test_an_unreadable_document_is_refused_by_name(decode: Callable[[bytes], object], document: bytes) -> None:
    with pytest.raises(InvalidPeakInput) as refused:
        decode(document)
    assert {mistake.rule for mistake in refused.value.mistakes} == {"not_readable"}
