"""Rows: gross = net + tax always; shares sum exactly, never go negative, and never hang on the order of rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.pricing.domain.money_rows import Tax, charge_by_tax, share_out, split_tax, taxed_row
from springtide.contracts.pricing.api import PriceMode

AMOUNTS = st.integers(0, 10**9)
RATES = st.integers(0, 3000)
MODES = st.sampled_from(PriceMode)
WEIGHTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(0, 10**6), min_size=1, max_size=40)
# Small weights tie often: that is where the order of rows could show.
TYING = st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(0, 3), min_size=2, max_size=8)
TAXES = st.builds(Tax, st.sampled_from([0, 900, 2100, 2550]), st.sampled_from(["standard", "reduced"]))


@pytest.mark.parametrize(
    ("amount", "rate_bp", "mode", "expected"),
    [
        (1210, 2100, PriceMode.GROSS, (1210, 1000, 210)),
        (1000, 2100, PriceMode.NET, (1210, 1000, 210)),
        (999, 2000, PriceMode.GROSS, (999, 832, 167)),
        (3, 2000, PriceMode.GROSS, (3, 2, 1)),  # 0.5 rounds up
        (10, 2550, PriceMode.NET, (13, 10, 3)),
        (500, 0, PriceMode.GROSS, (500, 500, 0)),
    ],
)
def test_printed_examples(amount: int, rate_bp: int, mode: PriceMode, expected: tuple[int, int, int]) -> None:
    assert expected == split_tax(amount, rate_bp, mode)


@given(AMOUNTS, RATES, MODES)
def test_a_row_adds_up_and_splitting_its_gross_again_changes_nothing(amount: int, rate: int, mode: PriceMode) -> None:
    gross, net, tax = split_tax(amount, rate, mode)
    assert gross == net + tax
    assert min(gross, net, tax) >= 0
    assert split_tax(gross, rate, PriceMode.GROSS) == (gross, net, tax)


@given(AMOUNTS, RATES, MODES)
def test_tax_is_within_half_a_minor_unit_of_the_exact_tax(amount: int, rate: int, mode: PriceMode) -> None:
    _, net, tax = split_tax(amount, rate, mode)
    base = 10_000 + rate if mode is PriceMode.GROSS else 10_000
    given_amount = net + tax if mode is PriceMode.GROSS else net
    assert abs(2 * (tax * base - given_amount * rate)) <= base


@given(st.data(), AMOUNTS, TAXES, MODES)
def test_a_discounted_row_shows_what_the_buyer_saves(
    data: st.DataObject, amount: int, tax: Tax, mode: PriceMode
) -> None:
    discount = data.draw(st.integers(0, amount))
    row = taxed_row(amount, discount, tax, mode)
    assert row.gross_minor == row.net_minor + row.tax_minor
    assert row.gross_minor + row.discount_minor == taxed_row(amount, 0, tax, mode).gross_minor
    assert min(row.gross_minor, row.net_minor, row.tax_minor, row.discount_minor) >= 0


@given(st.data(), WEIGHTS)
def test_shares_sum_exactly_and_never_exceed_their_weight(data: st.DataObject, weights: dict[str, int]) -> None:
    total = data.draw(st.integers(0, sum(weights.values())))
    shares = share_out(total, weights)
    assert sum(shares.values()) == total
    assert all(0 <= shares[key] <= weight for key, weight in weights.items())


@given(st.data(), TYING)
def test_the_order_of_rows_never_changes_a_share(data: st.DataObject, weights: dict[str, int]) -> None:
    total = data.draw(st.integers(0, sum(weights.values())))
    shuffled = dict(data.draw(st.permutations(list(weights.items()))))
    assert share_out(total, weights) == share_out(total, shuffled)


@given(st.data(), st.lists(st.tuples(TAXES, AMOUNTS), min_size=1, max_size=20), AMOUNTS)
def test_a_shipping_charge_is_split_over_the_goods_taxes(
    data: st.DataObject, goods: list[tuple[Tax, int]], charge: int
) -> None:
    parts = charge_by_tax(charge, goods)
    assert sum(part for _, part in parts) == charge
    assert {tax for tax, _ in parts} <= {tax for tax, _ in goods}
    assert len({tax for tax, _ in parts}) == len(parts)
    assert all(part >= 0 for _, part in parts)
    assert parts == charge_by_tax(charge, data.draw(st.permutations(goods)))


def test_a_charge_becomes_one_row_per_rate_and_a_free_one_stays_one_row() -> None:
    standard, reduced = Tax(2100, "standard"), Tax(900, "reduced")
    goods = [(standard, 3000), (reduced, 1000)]
    assert charge_by_tax(495, goods) == [(standard, 371), (reduced, 124)]
    assert charge_by_tax(0, goods) == [(standard, 0)]
    assert charge_by_tax(495, [(reduced, 0), (standard, 0)]) == [(standard, 495)]
