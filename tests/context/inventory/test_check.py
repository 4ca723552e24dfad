"""The check finds a planted difference of every kind, and nothing else."""

from datetime import date

import pytest

from springtide.contracts.inventory.api import Supply
from tests.context.inventory.shop import Shop


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        ("update stock set on_hand = on_hand + 1 where sku = 'jar'", {("on_hand_is_ledger_sum", "jar @ own")}),
        ("update ledger set quantity = 49 where sku = 'jar'", {("on_hand_is_ledger_sum", "jar @ own")}),
        ("delete from ledger where sku = 'jar'", {("on_hand_is_ledger_sum", "jar @ own")}),
        (
            "update stock set held = held - 1 where sku = 'mug' and location = 'own'",
            {("held_is_sum_of_holds", "mug @ own")},
        ),
        ("delete from promise where state = 'held'", {("held_is_sum_of_holds", "mug @ own")}),
        ("update stock set claimed = 3 where sku = 'jar'", {("claimed_is_sum_of_claims", "jar @ own")}),
        (
            "delete from promise where state = 'claimed'",
            {("claimed_is_sum_of_claims", "jar @ own"), ("claimed_is_sum_of_claims", "tin @ own")},
        ),
        (
            "update promise set lines = jsonb_set(lines, '{0,quantity}', '5') where lines->0->>'sku' = 'jar'",
            {("claimed_is_sum_of_claims", "jar @ own")},
        ),
        ("update inbound set quantity = quantity + 1", {("inbound_is_mirrored", "tin @ own")}),
        ("update stock set inbound_units = '{9}' where sku = 'tin'", {("inbound_is_mirrored", "tin @ own")}),
        (
            "update stock set on_hand = 1 where sku = 'jar'; update ledger set quantity = 1 where sku = 'jar'",
            {("promised_within_owned", "jar @ own")},
        ),
        ("update stock set supply = 'stock' where sku = 'tin'", {("promised_within_owned", "tin @ own")}),
        (
            (
                "update stock set on_hand = -1 where sku = 'mug' and location = 'ext';"
                " update ledger set quantity = -1 where sku = 'mug' and location = 'ext'"
            ),
            {("nothing_is_negative", "mug @ ext"), ("promised_within_owned", "mug @ ext")},
        ),
        (
            (
                "alter table stock drop constraint stock_held_not_negative;"
                " update stock set held = -1 where sku = 'mug' and location = 'ext'"
            ),
            {("nothing_is_negative", "mug @ ext"), ("held_is_sum_of_holds", "mug @ ext")},
        ),
    ],
)
async def test_planted_difference_is_found(shop: Shop, plant: str, found: set[tuple[str, str]]) -> None:
    await shop.hold(("mug", 2))
    await shop.claim((await shop.hold(("jar", 2))).checkout_id)
    await shop.policy("tin", Supply.BACKORDER)
    await shop.inbound("tin", 4, date(2011, 10, 1))
    await shop.claim((await shop.hold(("tin", 3))).checkout_id)
    assert await shop.check() == []
    await shop.sql(plant)
    assert set(await shop.check()) == found
