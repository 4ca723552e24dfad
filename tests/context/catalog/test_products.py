"""Products: made, changed, renamed, shown, hidden; refusals leave no trace."""

from uuid import uuid4

import msgspec
import pytest

from springtide.contracts.catalog.api import (
    CategoryNotFound,
    InvalidProduct,
    Media,
    Product,
    ProductChanged,
    ProductDraft,
    ProductNotFound,
    ProductNotReady,
    SkuTaken,
    SlugTaken,
    Variant,
)
from springtide.contracts.common import ExternalRef
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.errors import Forbidden, Refusal
from springtide.platform.usecase import new_key
from tests.context.catalog.shop import Shop, draft


async def test_created_product_is_hidden_has_slugs_and_can_be_read(shop: Shop) -> None:
    made = await shop.create(
        draft(
            names={"en": "Blue mug", "nl": "Blauwe mok", "sv": "Blå mugg"},
            category="mugs",
            attributes={"colour": {"en": "blue"}},
            media=(Media(hash="a" * 64, content_type="image/jpeg", alt={"en": "A mug"}),),
            external_refs=(ExternalRef("erp", "7"),),
        )
    )
    assert made.slugs == {"en": "blue-mug", "nl": "blauwe-mok", "sv": "bla-mugg"}
    assert (made.version, made.published) == (1, False)
    assert await shop.api.get_product(caller=shop.caller, product_id=made.id) == made
    assert await shop.api.get_by_sku(caller=shop.caller, sku="RED MUG-1") == made
    ((aggregate, version, payload),) = await shop.events("product_changed")
    assert (aggregate, version) == (str(made.id), 1)
    assert msgspec.convert(payload["product"], Product) == made


async def test_generated_slugs_are_numbered_given_ones_refused(shop: Shop) -> None:
    await shop.create(draft("Red mug"))
    second = await shop.create(draft("Red  Mug!"))
    assert second.slugs["en"] == "red-mug-2"
    before = await shop.everything()
    with pytest.raises(SlugTaken) as refused:
        await shop.create(draft("Other", slugs={"en": "red-mug"}))
    assert refused.value.facts == {"language": "en", "slug": "red-mug"}
    assert await shop.everything() == before


async def test_categories_and_products_share_slugs(shop: Shop) -> None:
    assert (await shop.create(draft("Mugs"))).slugs["en"] == "mugs-2"
    assert (await shop.create(draft("Other", names={"nl": "Mugs"}))).slugs["nl"] == "mugs"


async def test_rename_redirects_and_the_old_slug_stays_taken(shop: Shop) -> None:
    first = await shop.create(draft("Red mug"))
    renamed = await shop.change(first, draft("Crimson mug", variants=first.variants))
    assert renamed.slugs == {"en": "crimson-mug"}
    assert renamed.old_slugs == {"en": ("red-mug",)}
    with pytest.raises(SlugTaken):
        await shop.create(draft("Another", slugs={"en": "red-mug"}))
    assert (await shop.create(draft("Red mug", variants=()))).slugs["en"] == "red-mug-2"
    back = await shop.change(renamed, draft("Red mug", variants=first.variants))
    assert back.slugs == {"en": "red-mug"}
    assert back.old_slugs == {"en": ("crimson-mug",)}


async def test_unchanged_name_keeps_its_slug(shop: Shop) -> None:
    first = await shop.create(draft("Red mug", slugs={"en": "the-mug"}))
    changed = await shop.change(first, draft("Red mug", popularity=3))
    assert changed.slugs == {"en": "the-mug"}
    assert changed.old_slugs == {}


async def test_same_content_again_is_no_change(shop: Shop) -> None:
    first = await shop.create(draft("Red mug"))
    before = await shop.everything()
    assert await shop.change(first, draft("Red mug")) == first
    assert await shop.everything() == before


async def test_change_needs_the_version_that_was_read(shop: Shop) -> None:
    first = await shop.create(draft("Red mug"))
    await shop.change(first, draft("Red mug", popularity=1))
    before = await shop.everything()
    with pytest.raises(ProductChanged):
        await shop.change(first, draft("Red mug", popularity=2))
    assert await shop.everything() == before
    entries = await shop.api.list_audit(caller=shop.caller, aggregate_id=str(first.id))
    assert [(entry.action, entry.difference) for entry in entries] == [
        ("product_changed", {"fields": ["popularity"]}),
        ("product_created", {"skus": ["RED MUG-1"]}),
    ]


async def test_a_sku_moves_when_its_product_gives_it_up(shop: Shop) -> None:
    first = await shop.create(draft("Red mug", variants=(Variant(sku="X"), Variant(sku="Y"))))
    with pytest.raises(SkuTaken):
        await shop.create(draft("Blue mug", variants=(Variant(sku="Y"),)))
    await shop.change(first, draft("Red mug", variants=(Variant(sku="X"),)))
    second = await shop.create(draft("Blue mug", variants=(Variant(sku="Y"),)))
    assert (await shop.api.get_by_sku(caller=shop.caller, sku="Y")).id == second.id


async def test_publish_and_unpublish(shop: Shop) -> None:
    made = await shop.create(draft("Red mug"))
    shown = await shop.show(made)
    assert (shown.published, shown.version) == (True, 2)
    assert await shop.show(shown) == shown
    snapshot = await shop.api.snapshot(caller=shop.caller)
    assert snapshot.items == (shown,)
    hidden = await shop.show(shown, published=False)
    assert (await shop.api.snapshot(caller=shop.caller)).items == ()
    versions = [
        (version, payload["product"]["published"]) for _, version, payload in await shop.events("product_changed")
    ]
    assert versions == [(1, False), (2, True), (3, False)]
    assert hidden.version == 3


@pytest.mark.parametrize(
    "made_of",
    [
        ProductDraft(names={"nl": "Mok"}, variants=(Variant(sku="A"),)),
        ProductDraft(names={"en": "Mug"}),
    ],
)
async def test_unready_product_is_not_shown(shop: Shop, made_of: ProductDraft) -> None:
    made = await shop.create(made_of)
    before = await shop.everything()
    with pytest.raises(ProductNotReady):
        await shop.show(made)
    assert await shop.everything() == before


async def test_shown_product_stays_ready(shop: Shop) -> None:
    shown = await shop.show(await shop.create(draft("Red mug")))
    with pytest.raises(ProductNotReady):
        await shop.change(shown, draft("Red mug", variants=()))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"category": "nowhere"}, CategoryNotFound),
        ({"tax_category": "odd"}, InvalidProduct),
        ({"names": {"english": "Mug"}}, InvalidProduct),
        ({"names": {"en": " "}}, InvalidProduct),
        ({"names": {"en": "x" * 201}}, InvalidProduct),
        ({"slugs": {"en": "Red Mug"}}, InvalidProduct),
        ({"slugs": {"en": "-x"}}, InvalidProduct),
        ({"variants": (Variant(sku="A"), Variant(sku="A"))}, InvalidProduct),
        ({"variants": (Variant(sku=""),)}, InvalidProduct),
        ({"variants": (Variant(sku="A", weight_g=-1),)}, InvalidProduct),
        ({"media": (Media(hash="zz", content_type="image/png", alt={"en": "A"}),)}, InvalidProduct),
        ({"media": (Media(hash="a" * 64, content_type="text/html", alt={"en": "A"}),)}, InvalidProduct),
        ({"media": (Media(hash="a" * 64, content_type="image/png", alt={"nl": "A"}),)}, InvalidProduct),
        ({"popularity": -1}, InvalidProduct),
        ({"descriptions": {"en": "x" * 10_001}}, InvalidProduct),
        ({"descriptions": {"en": "a\x00b"}}, InvalidProduct),
    ],
)
async def test_malformed_product_changes_nothing(
    shop: Shop, changes: dict[str, object], refusal: type[Refusal]
) -> None:
    before = await shop.everything()
    with pytest.raises(refusal):
        await shop.create(draft("Mug", **changes))
    assert await shop.everything() == before


async def test_unknown_product(shop: Shop) -> None:
    with pytest.raises(ProductNotFound):
        await shop.api.get_product(caller=shop.caller, product_id=uuid4())
    with pytest.raises(ProductNotFound):
        await shop.api.get_by_sku(caller=shop.caller, sku="none")


async def test_writing_needs_the_scope_and_repeats(shop: Shop) -> None:
    with pytest.raises(Forbidden):
        await shop.api.create_product(caller=guest(), key=new_key(), draft=draft())
    merchandiser = Caller(actor="m", kind=Kind.STAFF, scopes=frozenset({"catalog.write"}))
    key = new_key()
    first = await shop.api.create_product(caller=merchandiser, key=key, draft=draft())
    assert await shop.api.create_product(caller=merchandiser, key=key, draft=draft()) == first


async def test_list_filters_by_text_category_and_state(shop: Shop) -> None:
    red = await shop.create(draft("Red mug", category="mugs"))
    await shop.create(draft("Christmas card", category="cards", names={"en": "Christmas card", "nl": "Kerstkaart"}))
    await shop.show(red)
    assert await shop.names() == ["Christmas card", "Red mug"]
    assert await shop.names(text="KERST") == ["Christmas card"]
    assert await shop.names(text="mug-1") == ["Red mug"]
    assert await shop.names(text="100%") == []
    assert await shop.names(category="home") == ["Red mug"]
    assert await shop.names(published=False) == ["Christmas card"]
    first = await shop.api.list_products(caller=shop.caller, limit=1)
    assert await shop.names(after=first.after) == ["Red mug"]
    with pytest.raises(InvalidProduct):
        await shop.names(after="x")
