"""Credits to the penny: any way of paying back adds up to the row, and no step takes more than is there."""

from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.orders.domain.credits import credit, negative, share
from springtide.contracts.pricing.api import TaxedRow


@st.composite
def rows(draw: st.DrawFn) -> TaxedRow:
    net, tax = draw(st.integers(0, 1_000_000)), draw(st.integers(0, 250_000))
    return TaxedRow(
        gross_minor=net + tax,
        net_minor=net,
        tax_minor=tax,
        rate_bp=2100,
        tax_category="standard",
        discount_minor=draw(st.integers(0, 10_000)),
    )


@st.composite
def steps(draw: st.DrawFn) -> list[int]:
    return draw(st.lists(st.integers(1, 40), min_size=1, max_size=12))


@given(rows(), steps())
def test_partial_credits_add_up_and_never_turn_round(row: TaxedRow, parts: list[int]) -> None:
    units = sum(parts)
    before, credits_ = 0, []
    for part in parts:
        credits_.append(credit(row, of=units, before=before, units=part))
        before += part
        paid = -sum(one.gross_minor for one in credits_)
        assert 0 <= paid <= row.gross_minor
    for one in credits_:
        assert one.gross_minor == one.net_minor + one.tax_minor
        assert max(one.gross_minor, one.net_minor, one.tax_minor, one.discount_minor) <= 0
    assert -sum(one.gross_minor for one in credits_) == row.gross_minor
    assert -sum(one.net_minor for one in credits_) == row.net_minor
    assert -sum(one.tax_minor for one in credits_) == row.tax_minor
    assert -sum(one.discount_minor for one in credits_) == row.discount_minor


@given(rows(), st.integers(1, 100), st.integers(0, 100))
def test_a_share_is_within_a_penny_of_the_exact_one(row: TaxedRow, of: int, units: int) -> None:
    units = min(units, of)
    assert abs(share(row, units, of).gross_minor * of - row.gross_minor * units) <= of


def test_a_pound_over_three() -> None:
    row = TaxedRow(gross_minor=100, net_minor=83, tax_minor=17, rate_bp=2000, tax_category="standard")
    parts = [credit(row, of=3, before=before, units=1) for before in range(3)]
    assert [(one.gross_minor, one.net_minor, one.tax_minor) for one in parts] == [
        (-33, -27, -6),
        (-34, -29, -5),
        (-33, -27, -6),
    ]
    assert negative(row).gross_minor == -100
