"""The two optional documents of a company: defaults without them, every mistake named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from springtide.contexts.peak.providers.company_files import read_fulfilment_terms, read_stock_terms
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.fulfilment import FulfilmentTerms, decode_fulfilment_terms
from springtide.contracts.peak.stock import StockTerms, decode_stock_terms
from springtide.demo.company import COMPANY_FOLDER

HOW = 'unit = "as said", assumption = "for a test"'


def test_a_company_without_the_documents_has_the_defaults(tmp_path: Path) -> None:
    assert read_stock_terms(tmp_path) == StockTerms()
    assert read_fulfilment_terms(tmp_path) == FulfilmentTerms()


def test_the_shipped_company_has_terms_of_its_own() -> None:
    """What a lost buyer is worth and what a piece takes is said by the company, with the reason beside it."""
    terms = read_stock_terms(COMPANY_FOLDER)
    assert terms.customer_value != StockTerms().customer_value
    assert all(figure.source or figure.assumption for figure in (terms.customer_value, terms.lost_share))


def test_a_document_changes_what_it_names() -> None:
    assert decode_stock_terms(f"lost_share = {{ value = 20, {HOW} }}".encode()).lost_share.value == 20
    assert decode_fulfilment_terms(b"extra_shift_months = [11]").extra_shift_months == (11,)


@pytest.mark.parametrize(
    ("decode", "document", "rule"),
    [
        (decode_stock_terms, f"lost_share = {{ value = 120, {HOW} }}", "lost_share"),
        (decode_stock_terms, f"unit_volume = {{ value = -1, {HOW} }}", "unit_volume"),
        (decode_stock_terms, "holding = 3", "not_readable"),
        (decode_stock_terms, "unknown = 3", "not_readable"),
        (decode_fulfilment_terms, f"efficiency = {{ value = 0, {HOW} }}", "efficiency"),
        (decode_fulfilment_terms, "zones = []", "zones"),
        (decode_fulfilment_terms, "extra_shift_months = [13]", "months"),
        (decode_fulfilment_terms, "overtime_hours = 2", "not_readable"),
    ],
)
def test_a_mistake_is_named(decode: Callable[[bytes], object], document: str, rule: str) -> None:
    with pytest.raises(InvalidPeakInput) as refusal:
        decode(document.encode())
    assert [mistake.rule for mistake in refusal.value.mistakes] == [rule]


def test_every_default_says_where_it_comes_from() -> None:
    for terms in (StockTerms(), FulfilmentTerms()):
        found = [getattr(terms, name) for name in terms.__struct_fields__]
        assert sum(hasattr(figure, "assumption") for figure in found) >= 5
