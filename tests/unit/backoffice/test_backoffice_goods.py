"""Products, prices and promotions as their forms write them: nothing is lost, refusals are explained."""

from datetime import UTC, datetime
from typing import Any

import pytest

from springtide.contracts.catalog.api import ProductChanged, SlugTaken, Variant
from springtide.contracts.pricing.api import NoPriorPrice, NotAReduction, PromotionKind
from tests.unit.backoffice.browser import Browser, form_of
from tests.unit.backoffice.office_facts import PRODUCT, SKU, product
from tests.unit.backoffice.office_fakes import FakeShop


async def test_product_is_saved_whole(owner: Browser, shop: FakeShop) -> None:
    page = f"/products/{PRODUCT}"
    fields = {**await owner.form(page, page), "name-sv": "Ljushållare, hjärta", "slug-en": "heart-holder"}
    fields["options-1"] = "style: Red | Rood; size: Large"
    assert (await owner.post(page, fields)).status == 303
    [(verb, sent)] = shop.writes()
    assert (verb, sent["product_id"], sent["expected_version"]) == ("catalog.change_product", PRODUCT, 4)
    draft, before = sent["draft"], product()
    assert draft.names == {**before.names, "sv": "Ljushållare, hjärta"}
    assert draft.slugs["en"] == "heart-holder"
    assert draft.descriptions == before.descriptions
    assert (draft.attributes, draft.popularity, draft.category) == (before.attributes, 35_211, "candles")
    assert draft.variants[0] == before.variants[0]
    assert draft.variants[1].options == {"style": {"en": "Red", "nl": "Rood"}, "size": {"en": "Large"}}


async def test_new_product(owner: Browser, shop: FakeShop) -> None:
    fields = await owner.form("/products/new", "/products")
    typed = {"name-en": "Enamel mug", "sku-0": "MUG-1", "weight-0": "310", "tax_category": "standard"}
    answer = await owner.post("/products", {**fields, **typed})
    assert (answer.status, answer.location) == (303, f"/products/{PRODUCT}")
    [(verb, sent)] = shop.writes()
    assert verb == "catalog.create_product"
    assert sent["draft"].names == {"en": "Enamel mug"}
    assert [(variant.sku, variant.weight_g) for variant in sent["draft"].variants] == [("MUG-1", 310)]


async def test_product_changed_by_somebody_else_is_told_kindly(owner: Browser, shop: FakeShop) -> None:
    page = f"/products/{PRODUCT}"
    fields = {**await owner.form(page, page), "name-en": "My own name"}
    shop.refusals["catalog.change_product"] = ProductChanged()
    shop.answers["catalog.get_product"] = product(version=9, names={"en": "Their name", "nl": "Hun naam"})
    answer = await owner.post(page, fields)
    assert answer.status == 409
    assert "Somebody else saved this product while you were writing" in answer.text
    assert "Saved meanwhile: Their name" in answer.text
    again = form_of(answer, page)
    assert (again["name-en"], again["version"]) == ("My own name", "9")
    assert shop.effects == []


async def test_taken_slug_is_told(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["catalog.change_product"] = SlugTaken("Another product has the address “mug”.")
    page = f"/products/{PRODUCT}"
    answer = await owner.post(page, await owner.form(page, page))
    assert answer.status == 409
    assert "Another product has the address" in answer.text


async def test_price_is_set_in_minor_units_of_the_market(owner: Browser, shop: FakeShop) -> None:
    page = f"/prices/item?sku={SKU}"
    typed = {"market": "SE", "amount": "129,50", "reduction": "yes", "valid_from": "2011-11-25T00:00"}
    answer = await owner.post("/prices", {**await owner.form(page, "/prices"), **typed})
    assert (answer.status, answer.location) == (303, page)
    [(verb, sent)] = shop.writes()
    [change] = sent["changes"]
    assert (verb, change.market, change.sku, change.amount_minor) == ("pricing.set_prices", "SE", SKU, 12_950)
    assert (change.reduction, change.valid_from, change.valid_to) == (True, datetime(2011, 11, 25, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (NoPriorPrice(), "there is none yet"),
        (NotAReduction(lowest_prior_minor=250), "It was £2.50"),
    ],
)
async def test_reduction_that_cannot_be_announced_is_explained(
    owner: Browser, shop: FakeShop, refusal: Exception, says: str
) -> None:
    shop.refusals["pricing.set_prices"] = refusal
    page = f"/prices/item?sku={SKU}"
    typed = {"market": "GB", "amount": "2.60", "reduction": "yes"}
    answer = await owner.post("/prices", {**await owner.form(page, "/prices"), **typed})
    assert answer.status == 422
    assert says in answer.text


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"kind": "percentage", "percent": "12.5", "amount-GB": "5"}, {"percent_bp": 1_250, "amount_minor": {}}),
        ({"kind": "amount", "amount-GB": "5", "percent": "9"}, {"percent_bp": 0, "amount_minor": {"GB": 500}}),
        ({"kind": "buy_x_get_y", "buy": "2", "get": "1"}, {"buy_quantity": 2, "get_quantity": 1}),
        ({"kind": "free_shipping", "markets": "GB", "min_goods": "30"}, {"markets": ("GB",)}),
    ],
)
async def test_promotion_reads_the_fields_of_its_kind(
    owner: Browser, shop: FakeShop, typed: dict[str, str], expected: dict[str, Any]
) -> None:
    page = "/prices/promotions"
    fields = {**await owner.form(page, page), "key": "autumn", "name-en": "Autumn", "skus": f"{SKU}, 22423", **typed}
    assert (await owner.post(page, fields)).status == 303
    [(_, sent)] = shop.writes()
    promotion = sent["promotion"]
    assert (promotion.key, promotion.kind, promotion.active) == ("autumn", PromotionKind(typed["kind"]), True)
    assert promotion.conditions.skus == (SKU, "22423")
    assert {name: getattr(promotion, name) for name in expected} == expected


async def test_product_with_many_variants_loses_none(owner: Browser, shop: FakeShop) -> None:
    variants = tuple(Variant(sku=f"MUG-{number}") for number in range(80))
    shop.answers["catalog.get_product"] = product(variants=variants)
    page = f"/products/{PRODUCT}"
    assert (await owner.post(page, await owner.form(page, page))).status == 303
    [(_, sent)] = shop.writes()
    assert sent["draft"].variants == variants
