"""Many products at once, and pages for read models."""

import time

import msgspec
import pytest

from springtide.contracts.catalog.api import InvalidProduct, Product, ProductNotReady, SkuTaken
from springtide.platform.errors import Refusal
from springtide.platform.usecase import new_key
from tests.context.catalog.shop import Shop, draft, imported_draft


async def test_import_creates_then_updates_only_what_changed(shop: Shop) -> None:
    first = await shop.bring_in(*(imported_draft(number) for number in range(5)))
    assert (first.created, first.updated, first.unchanged) == (5, 0, 0)
    second = await shop.bring_in(imported_draft(0), imported_draft(1, "New name"), imported_draft(9))
    assert (second.created, second.updated, second.unchanged) == (1, 1, 1)
    events = await shop.events("product_changed")
    assert len(events) == 7
    renamed = await shop.api.get_by_sku(caller=shop.caller, sku="S1")
    assert (renamed.version, renamed.slugs, renamed.old_slugs) == (2, {"en": "new-name"}, {"en": ("product-1",)})
    assert renamed.published


async def test_import_numbers_equal_names_within_the_batch(shop: Shop) -> None:
    await shop.bring_in(*(imported_draft(number, "Same") for number in range(3)))
    slugs = [(await shop.api.get_by_sku(caller=shop.caller, sku=f"S{number}")).slugs["en"] for number in range(3)]
    assert slugs == ["same", "same-2", "same-3"]


async def test_import_is_all_or_nothing(shop: Shop) -> None:
    await shop.create(draft("Mine", variants=imported_draft(3).variants))
    before = await shop.everything()
    refused: list[tuple[tuple[object, ...], type[Refusal]]] = [
        ((imported_draft(1), imported_draft(3)), SkuTaken),
        ((imported_draft(1), draft("No ref")), InvalidProduct),
        ((imported_draft(1), imported_draft(1)), InvalidProduct),
        ((imported_draft(1), imported_draft(2, names={"nl": "Mok"})), ProductNotReady),
        (tuple(imported_draft(number) for number in range(501)), InvalidProduct),
    ]
    for drafts, refusal in refused:
        with pytest.raises(refusal):
            await shop.bring_in(*drafts)
    assert await shop.everything() == before


async def test_whole_range_is_imported_in_seconds_and_paged_below_the_limit(shop: Shop) -> None:
    long = dict.fromkeys(("en", "nl", "sv"), "A description of some length. " * 20)
    started = time.monotonic()
    for start in range(0, 4_605, 200):
        numbers = range(start, min(start + 200, 4_605))
        await shop.bring_in(*(imported_draft(number, descriptions=long if number < 500 else {}) for number in numbers))
    assert time.monotonic() - started < 20
    seen: list[Product] = []
    after = None
    while True:
        page = await shop.api.snapshot(caller=shop.caller, after=after)
        assert len(msgspec.msgpack.encode(page)) <= 256 * 1024
        seen += page.items
        after = page.after
        if after is None:
            break
    assert len({product.id for product in seen}) == len(seen) == 4_605


async def test_import_repeats_under_its_key(shop: Shop) -> None:
    arguments = {"caller": shop.caller, "key": new_key(), "batch": "b", "drafts": (imported_draft(1),), "publish": True}
    first = await shop.api.import_products(**arguments)
    assert await shop.api.import_products(**arguments) == first
    assert len(await shop.events("product_changed")) == 1
