import msgspec

from springtide.channels.browse.views import Found, Moved
from springtide.contracts.inventory.api import Availability, Band
from springtide.contracts.pricing.api import Price
from tests.unit.browse.goods import CARD, LANTERN, MUG, filled_shelf


def test_an_older_version_never_replaces_a_newer_one() -> None:
    shelf = filled_shelf()
    newer = msgspec.structs.replace(LANTERN, version=3, names={"en": "Newer"})
    older = msgspec.structs.replace(LANTERN, version=2, names={"en": "Older"})
    assert shelf.put_product(newer)
    assert not shelf.put_product(older)
    assert shelf.products[LANTERN.id].version == 3


def test_a_hidden_product_leaves_and_an_older_event_does_not_bring_it_back() -> None:
    shelf = filled_shelf()
    assert shelf.put_product(msgspec.structs.replace(LANTERN, version=3, published=False))
    assert not shelf.put_product(msgspec.structs.replace(LANTERN, version=2))
    assert LANTERN.id not in shelf.products
    assert shelf.product_slugs.find("en", "white-metal-lantern") is None


def test_prices_and_bands_go_by_version_and_a_snapshot_is_always_right() -> None:
    shelf = filled_shelf()
    assert shelf.put_price(Price(market="GB", sku="L1", gross_minor=1, version=5))
    assert not shelf.put_price(Price(market="GB", sku="L1", gross_minor=2, version=4))
    assert shelf.put_price(Price(market="GB", sku="L1", gross_minor=3, version=4), overwrite=True)
    assert not shelf.put_band(Availability(market="GB", sku="L1", band=Band.IN_STOCK, version=1))
    assert shelf.put_band(Availability(market="GB", sku="L1", band=Band.IN_STOCK, version=2))


def test_a_summary_is_the_cheapest_price_and_the_best_band_and_follows_changes() -> None:
    shelf = filled_shelf()
    entry = shelf.products[MUG.id]
    before = shelf.summary("GB", entry)
    assert before is not None
    assert (before.price.gross_minor, before.from_price, before.band) == (495, True, Band.FEW_LEFT)
    shelf.put_price(Price(market="GB", sku="M-RED", gross_minor=595, version=2))
    shelf.put_band(Availability(market="GB", sku="M-RED", band=Band.IN_STOCK, version=2))
    after = shelf.summary("GB", entry)
    assert after is not None
    assert (after.price.gross_minor, after.from_price, after.band) == (595, False, Band.IN_STOCK)
    assert shelf.summary("FR", entry) is None


def test_slugs_of_before_and_of_other_languages_lead_to_the_current_one() -> None:
    shelf = filled_shelf()
    renamed = msgspec.structs.replace(
        CARD,
        version=2,
        slugs={"en": "xmas-card", "nl": "kerstkaart", "sv": "julkort"},
        old_slugs={"en": ("christmas-card",)},
    )
    shelf.put_product(renamed)
    find = shelf.product_slugs.find
    assert find("en", "xmas-card") == Found(str(CARD.id))
    assert find("en", "christmas-card") == Moved("xmas-card")
    assert find("nl", "christmas-card") == Moved("kerstkaart")
    assert find("sv", "kerstkaart") == Moved("julkort")
    assert find("nl", "white-metal-lantern") == Found(str(LANTERN.id))
    assert find("en", "nothing") is None


def test_a_complete_snapshot_drops_what_it_does_not_name() -> None:
    shelf = filled_shelf()
    gone = shelf.keep_only({CARD.id}, {("GB", "C1")}, {("GB", "C1")})
    assert set(shelf.products) == {CARD.id}
    assert len(gone) == 3
    assert [price.sku for price in shelf.prices()] == ["C1"]
    assert [band.market for band in shelf.bands()] == ["GB"]
