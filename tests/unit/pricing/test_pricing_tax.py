"""VAT by destination: which country's rate, which category, on which day."""

from datetime import date

import pytest

from springtide.contexts.pricing.domain.tax import (
    Destination,
    SellerTax,
    TaxTable,
    Treatment,
    UnknownTaxDate,
    shipped_table,
)

TODAY = date(2026, 11, 22)
BRITISH = SellerTax("GB", frozenset({"GB", "NL", "SE"}))
DUTCH_WITH_ONE_STOP_SHOP = SellerTax("NL", frozenset({"NL"}), one_stop_shop=True)
DUTCH_SMALL = SellerTax("NL", frozenset({"NL"}))


@pytest.fixture(scope="module")
def table() -> TaxTable:
    return shipped_table()


@pytest.mark.parametrize(
    ("seller", "country", "expected_bp", "treatment"),
    [
        (BRITISH, "GB", 2000, Treatment.DOMESTIC),
        (BRITISH, "NL", 2100, Treatment.DESTINATION),
        (BRITISH, "SE", 2500, Treatment.DESTINATION),
        (BRITISH, "DE", 0, Treatment.EXPORT),
        (BRITISH, "US", 0, Treatment.EXPORT),
        (DUTCH_WITH_ONE_STOP_SHOP, "FI", 2550, Treatment.DESTINATION),
        (DUTCH_WITH_ONE_STOP_SHOP, "GB", 0, Treatment.EXPORT),
        (DUTCH_SMALL, "FI", 2100, Treatment.ORIGIN),
        (DUTCH_SMALL, "CH", 0, Treatment.EXPORT),
    ],
)
def test_who_sends_where_decides_whose_rate(
    table: TaxTable, seller: SellerTax, country: str, expected_bp: int, treatment: Treatment
) -> None:
    rate = table.rate(seller, Destination(country), "standard", TODAY)
    assert (expected_bp, treatment) == (rate.rate_bp, rate.treatment)


@pytest.mark.parametrize(
    ("country", "postcode", "expected_bp"),
    [
        ("ES", "28001", 2100),
        ("ES", "35001", 0),
        ("ES", "38 003", 0),
        ("ES", "51001", 0),
        ("IC", "", 0),
        ("PT", "9000-150", 2200),
        ("PT", "1000-001", 2300),
        ("FR", "97110", 850),
        ("GP", "97110", 850),
        ("FR", "75001", 2000),
        ("MC", "98000", 2000),
        ("DE", "27498", 0),
        ("DE", "D-78266", 1900),
        ("FI", "FI-22100", 0),
        ("EL", "10431", 2400),
    ],
)
def test_postcodes_outside_the_vat_territory(table: TaxTable, country: str, postcode: str, expected_bp: int) -> None:
    seller = SellerTax("NL", one_stop_shop=True)
    assert expected_bp == table.rate(seller, Destination(country, postcode), "standard", TODAY).rate_bp


@pytest.mark.parametrize(
    ("country", "category", "expected_bp"),
    [
        ("NL", "reduced", 900),
        ("NL", "super_reduced", 900),
        ("NL", "zero", 0),
        ("NL", "never heard of", 2100),
        ("DK", "reduced", 2500),
        ("ES", "super_reduced", 400),
        ("SE", "reduced_2", 1200),
        ("IE", "parking", 1350),
    ],
)
def test_categories_fall_back_upwards(table: TaxTable, country: str, category: str, expected_bp: int) -> None:
    assert expected_bp == table.rate(DUTCH_WITH_ONE_STOP_SHOP, Destination(country), category, TODAY).rate_bp


@pytest.mark.parametrize(
    ("country", "on", "expected_bp"),
    [
        ("GB", date(2009, 12, 1), 1500),
        ("GB", date(2010, 6, 1), 1750),
        ("GB", date(2011, 1, 3), 1750),
        ("GB", date(2011, 1, 4), 2000),
        ("NL", date(2011, 9, 1), 1900),
        ("ES", date(2010, 12, 1), 1800),
        ("DE", date(2020, 12, 31), 1600),
        ("DE", date(2021, 1, 1), 1900),
        ("FI", date(2024, 8, 31), 2400),
        ("FI", date(2024, 9, 1), 2550),
        ("IE", date(2020, 10, 1), 2100),
    ],
)
def test_rates_change_on_their_day(table: TaxTable, country: str, on: date, expected_bp: int) -> None:
    seller = SellerTax(country, frozenset({country}))
    assert expected_bp == table.rate(seller, Destination(country), "standard", on).rate_bp


def test_a_territory_with_its_own_standard_rate_keeps_lower_categories(table: TaxTable) -> None:
    seller = SellerTax("FR", frozenset({"FR"}))
    assert table.rate(seller, Destination("FR", "97110"), "reduced", TODAY).rate_bp == 550


def test_a_day_before_the_table_is_refused(table: TaxTable) -> None:
    with pytest.raises(UnknownTaxDate) as refused:
        table.rate(BRITISH, Destination("GB"), "standard", date(2008, 12, 31))
    assert refused.value.facts == {"country": "GB", "on": "2008-12-31"}


def test_the_table_has_every_member_state_and_great_britain(table: TaxTable) -> None:
    members = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK GB"
    assert all(table.knows(country) for country in members.split())
    assert not table.knows("CH")


def test_the_table_tells_when_a_countrys_rates_change(table: TaxTable) -> None:
    first_day = date(2024, 9, 1)
    assert table.changes_between("FI", date(2024, 8, 31), first_day)
    assert not table.changes_between("FI", first_day, TODAY)
    assert not table.changes_between("US", date(2009, 1, 1), TODAY)
