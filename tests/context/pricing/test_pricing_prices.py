"""Prices through the contract: set, schedule, reduce, import; their history and what web processes are told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import psycopg
import pytest

from springtide.contracts.pricing.api import (
    DestinationNotServed,
    InvalidPrice,
    MarketNotFound,
    NoPriorPrice,
    NotAReduction,
    Price,
    PriceChange,
    PriceList,
    PriceMode,
    PriceNotFound,
    PromotionLevel,
)
from springtide.contracts.pricing.events import PricesChanged
from springtide.demo.shop import MARKETS, PROMOTIONS, VOUCHERS
from springtide.platform.caller import guest
from springtide.platform.errors import Forbidden, KeyReused, Refusal
from springtide.platform.ids import uuid7
from springtide.platform.tasks import stopped
from tests.conftest import NodeWith
from tests.context.pricing.shop import DAY, GB, HOUR, NL, SELLER, US, SetClock, Shop, market, now


async def facts(shop: Shop) -> dict[str, int]:
    """Count the rows a refused write must not add."""
    tables = ("price_entry", "price_now", "price_history", "promotion", "voucher", "outbox", "audit")
    async with await psycopg.AsyncConnection.connect(shop.node.settings.database_url) as connection:
        found = {}
        for table in tables:
            cursor = await connection.execute(f"select count(*) from pricing.{table}")  # noqa: S608 - names above
            (found[table],) = await cursor.fetchone() or (0,)
        return found


async def test_a_price_that_was_set_is_quoted_with_vat(shop: Shop) -> None:
    (price,) = await shop.price("MUG", 1200)
    assert price == Price(market="GB", sku="MUG", gross_minor=1200, version=1)
    quote = await shop.quote(("MUG", 2), shipping_method="post")
    assert (quote.total_minor, quote.tax_minor, quote.currency) == (2795, 466, "GBP")
    assert await shop.history("MUG") == [(1200, 1200)]
    await shop.assert_clean()


async def test_markets_have_their_own_prices_and_rates(shop: Shop) -> None:
    await shop.price("MUG", 1200)
    with pytest.raises(PriceNotFound):
        await shop.quote(("MUG", 1), at="NL")
    await shop.price("MUG", 1450, at="NL")
    quote = await shop.quote(("MUG", 1), at="NL")
    assert (quote.total_minor, quote.tax_minor, quote.fx_to_base, quote.base_currency) == (1450, 252, "0.86", "GBP")
    with pytest.raises(DestinationNotServed):
        await shop.quote(("MUG", 1), at="NL", country="GB")
    with pytest.raises(MarketNotFound):
        await shop.quote(("MUG", 1), at="XX")


async def test_a_further_market_is_data(shop: Shop) -> None:
    await shop.open(market("SE", "SEK", "SE", fx="0.075", mode=PriceMode.NET))
    await shop.price("MUG", 10000, at="SE")
    assert (await shop.quote(("MUG", 1), at="SE")).total_minor == 10000  # no Swedish VAT number: an export
    registered = msgspec.structs.replace(SELLER, vat_numbers={**SELLER.vat_numbers, "SE": "SE556000000001"})
    await shop.api.put_market(
        caller=US, key=uuid7().hex, seller=registered, market=market("SE", "SEK", "SE", fx="0.075", mode=PriceMode.NET)
    )
    assert (await shop.quote(("MUG", 1), at="SE")).total_minor == 12500
    assert (await shop.current("MUG", "SE")).gross_minor == 12500
    front = await shop.api.shop_front(caller=guest())
    assert [one.key for one in front.markets] == ["GB", "NL", "SE"]
    await shop.assert_clean()


async def test_a_scheduled_price_starts_and_ends_at_its_moments(shop: Shop, set_clock: SetClock) -> None:
    await shop.price("MUG", 1200)
    start = now() + HOUR
    await shop.price("MUG", 1100, valid_from=start, valid_to=start + DAY)
    assert (await shop.quote(("MUG", 1))).total_minor == 1200
    assert await shop.loop("settle_scheduled") == 0

    await set_clock(shop.node, (3 * HOUR).total_seconds())
    await shop.loop("refresh_books")
    assert (await shop.quote(("MUG", 1))).total_minor == 1100
    assert await shop.loop("settle_scheduled") == 1
    assert await shop.loop("settle_scheduled") == 0

    await set_clock(shop.node, (3 * DAY).total_seconds())
    await shop.loop("settle_scheduled")
    rows = await shop.api.price_history(caller=US, market="GB", sku="MUG")
    assert [(row.amount_minor, row.cause) for row in reversed(rows)] == [
        (1200, "price"),
        (1100, "schedule"),
        (1200, "schedule"),
    ]
    assert [row.at for row in rows[:2]] == [start + DAY, start]
    await shop.assert_clean()


async def test_a_process_that_slept_through_start_and_end_writes_both(shop: Shop, set_clock: SetClock) -> None:
    await shop.price("MUG", 1200)
    await shop.price("MUG", 1000, valid_from=now() + HOUR, valid_to=now() + 2 * HOUR)
    await set_clock(shop.node, DAY.total_seconds())
    await shop.price("MUG", 1300)
    assert await shop.history("MUG") == [(1200, 1200), (1000, 1000), (1200, 1200), (1300, 1300)]
    await shop.assert_clean()


async def test_a_reduction_shows_the_lowest_price_of_the_30_days_before(shop: Shop, set_clock: SetClock) -> None:
    await shop.price("MUG", 1000)
    await set_clock(shop.node, (40 * DAY).total_seconds())
    await shop.price("MUG", 1200)
    await set_clock(shop.node, (50 * DAY).total_seconds())
    with pytest.raises(NotAReduction) as refused:
        await shop.price("MUG", 1100, reduction=True)
    assert refused.value.facts == {"sku": "MUG", "lowest_prior_minor": 1000, "market": "GB"}
    (price,) = await shop.price("MUG", 900, reduction=True)
    assert (price.gross_minor, price.was_minor, price.lowest_30d_minor) == (900, 1200, 1000)
    quote = await shop.quote(("MUG", 1))
    assert (quote.total_minor, quote.lines[0].was_minor) == (900, 1200)
    (price,) = await shop.price("MUG", 1250)
    assert (price.gross_minor, price.was_minor) == (1250, None)


async def test_a_reduction_without_a_prior_price_is_refused_and_changes_nothing(shop: Shop) -> None:
    await shop.price("OLD", 1000)
    before = await facts(shop)
    with pytest.raises(NoPriorPrice) as refused:
        await shop.price("NEW", 900, reduction=True)
    assert refused.value.facts == {"count": 1, "skus": ["NEW"]}
    changes = (
        PriceChange(market="GB", sku="OLD", amount_minor=1100),
        PriceChange(market="GB", sku="NEW", amount_minor=900, reduction=True),
    )
    with pytest.raises(NoPriorPrice):
        await shop.api.set_prices(caller=US, key=uuid7().hex, changes=changes)
    assert await facts(shop) == before


async def test_a_catalogue_promotion_lowers_prices_and_ends_at_its_moment(shop: Shop, set_clock: SetClock) -> None:
    await shop.price("MUG", 1000)
    await shop.price("CUP", 500)
    await shop.promote("sale", ends_at=now() + DAY, conditions={"skus": ("MUG",)})
    assert await shop.current("MUG") == Price(
        market="GB", sku="MUG", gross_minor=900, was_minor=1000, lowest_30d_minor=1000, version=2
    )
    assert (await shop.quote(("MUG", 1), ("CUP", 1))).total_minor == 1400
    await set_clock(shop.node, (2 * DAY).total_seconds())
    await shop.loop("settle_scheduled")
    assert (await shop.current("MUG")).was_minor is None
    assert await shop.history("MUG") == [(1000, 1000), (900, 1000), (1000, 1000)]
    assert await shop.history("CUP") == [(500, 500)]
    await shop.assert_clean()


async def test_a_catalogue_promotion_on_a_product_without_prior_price_is_refused(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    before = await facts(shop)
    with pytest.raises(NoPriorPrice) as refused:
        await shop.promote("sale", conditions={"skus": ("MUG", "NEVER")})
    assert refused.value.facts["skus"] == ["NEVER"]
    assert await facts(shop) == before


async def test_a_product_that_comes_during_a_sale_is_not_reduced(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    await shop.promote("sale")
    await shop.price("NEW", 700)
    assert (await shop.current("NEW")).gross_minor == 700
    assert (await shop.quote(("NEW", 1), ("MUG", 1))).total_minor == 1600


async def test_switching_a_promotion_off_brings_the_price_back(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    await shop.promote("sale")
    await shop.promote("sale", active=False)
    assert (await shop.current("MUG")).gross_minor == 1000
    assert await shop.history("MUG") == [(1000, 1000), (900, 1000), (1000, 1000)]


async def test_every_write_can_be_repeated_and_not_with_another_body(shop: Shop) -> None:
    change = PriceChange(market="GB", sku="MUG", amount_minor=1000)
    first = await shop.api.set_prices(caller=US, key="one-key-for-all", changes=(change,))
    before = await facts(shop)
    assert await shop.api.set_prices(caller=US, key="one-key-for-all", changes=(change,)) == first
    assert await facts(shop) == before
    other = msgspec.structs.replace(change, amount_minor=1)
    with pytest.raises(KeyReused):
        await shop.api.set_prices(caller=US, key="one-key-for-all", changes=(other,))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (PriceChange(market="GB", sku="", amount_minor=1), InvalidPrice),
        (PriceChange(market="GB", sku="A", amount_minor=-1), InvalidPrice),
        (PriceChange(market="XX", sku="A", amount_minor=1), MarketNotFound),
        (PriceChange(market="GB", sku="A", amount_minor=1, valid_to=now() - DAY), InvalidPrice),
    ],
)
async def test_what_makes_no_sense_is_refused(shop: Shop, change: PriceChange, refusal: type[Refusal]) -> None:
    before = await facts(shop)
    with pytest.raises(refusal):
        await shop.api.set_prices(caller=US, key=uuid7().hex, changes=(change,))
    assert await facts(shop) == before


async def test_a_guest_may_look_and_not_write(shop: Shop) -> None:
    caller = guest()
    change = PriceChange(market="GB", sku="MUG", amount_minor=1)
    with pytest.raises(Forbidden):
        await shop.api.set_prices(caller=caller, key=uuid7().hex, changes=(change,))
    with pytest.raises(Forbidden):
        await shop.api.list_vouchers(caller=caller)
    with pytest.raises(Forbidden):
        await shop.api.hold_vouchers(
            caller=caller, key=uuid7().hex, checkout_id=uuid7(), codes=("A",), expires_after_s=60
        )
    assert (await shop.api.snapshot(caller=caller)).items == ()


async def test_the_currency_of_a_market_never_changes(shop: Shop) -> None:
    with pytest.raises(InvalidPrice):
        await shop.open(msgspec.structs.replace(NL, currency="USD"))
    with pytest.raises(InvalidPrice) as refused:
        await shop.open(msgspec.structs.replace(GB, countries=(), languages=()))
    assert refused.value.facts["field"] == "market"


async def test_history_is_append_only_for_the_running_shop(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    url = shop.node.database_url("pricing")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in ("update price_history set amount_minor = 1", "delete from price_history"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement)


async def test_check_finds_planted_differences(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    await shop.voucher("ONE", 1)
    async with await psycopg.AsyncConnection.connect(shop.node.settings.database_url, autocommit=True) as connection:
        await connection.execute("update pricing.price_now set effective_minor = 1")
        await connection.execute("update pricing.voucher set used = 1")
    findings = await shop.api.check(caller=US)
    assert sorted((one.rule, one.subject) for one in findings) == [
        ("price_matches_history", "GB:MUG"),
        ("voucher_uses_match_holds", "ONE"),
    ]


async def test_five_thousand_products_in_three_markets_come_in_within_seconds(shop: Shop) -> None:
    await shop.open(market("SE", "SEK", "SE", fx="0.075"))
    at = now() - 700 * DAY
    loop = asyncio.get_running_loop()
    started = loop.time()
    for key in ("GB", "NL", "SE"):
        changes = [PriceChange(market=key, sku=f"S{number:05}", amount_minor=100 + number) for number in range(5000)]
        for start in range(0, len(changes), 2000):
            batch = tuple(changes[start : start + 2000])
            name = f"{key}-{start:06}"
            changed = await shop.api.import_prices(caller=US, key=name, batch="first", changes=batch, at=at)
            assert changed == len(batch)
    assert loop.time() - started < 20  # 3 to 4 s alone on two cores; the bound leaves room for a busy machine
    assert (await shop.quote(("S00042", 1), at="SE")).total_minor == 142
    rows = await shop.api.price_history(caller=US, market="NL", sku="S00007")
    assert [(row.at, row.amount_minor, row.cause) for row in rows] == [(at, 107, "import:first")]
    again = (PriceChange(market="GB", sku="S00001", amount_minor=101),)
    assert await shop.api.import_prices(caller=US, key="again-the-same", batch="second", changes=again, at=at) == 0
    assert len(await every_price(shop)) == 15_000
    await shop.promote("sale", percent_bp=2000)
    assert (await shop.quote(("S00042", 1), at="SE")).total_minor == 114
    await shop.assert_clean()


async def every_price(shop: Shop) -> dict[tuple[str, str], Price]:
    found: dict[tuple[str, str], Price] = {}
    after: str | None = None
    while True:
        page = await shop.api.snapshot(caller=US, after=after)
        assert len(msgspec.json.encode(page)) <= 256 * 1024
        found |= {(price.market, price.sku): price for price in page.items}
        after = page.after
        if after is None:
            return found


async def test_quotes_go_on_while_the_database_is_away(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    await shop.quote(("MUG", 1))
    await shop.node.databases["pricing"].close()
    assert (await shop.quote(("MUG", 3))).total_minor == 3000


async def test_another_process_learns_of_a_price_from_the_tables(shop: Shop, node_with: NodeWith) -> None:
    url = shop.node.settings.database_url
    neighbour = await node_with("pricing", database_url=url)
    other = Shop(neighbour)
    await shop.price("MUG", 1000)
    assert (await other.quote(("MUG", 1))).total_minor == 1000
    await shop.price("MUG", 1100)
    await shop.promote("tenth", level=PromotionLevel.CART)
    await other.loop("refresh_books")
    assert (await other.quote(("MUG", 1))).total_minor == 990


async def test_an_older_date_does_not_rewrite_history(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    change = PriceChange(market="GB", sku="MUG", amount_minor=800)
    at = now() - timedelta(days=100)
    assert await shop.api.import_prices(caller=US, key="import-of-old", batch="b", changes=(change,), at=at) == 0
    assert (await shop.quote(("MUG", 1))).total_minor == 1000
    assert await shop.history("MUG") == [(1000, 1000)]


async def test_a_net_markets_shown_prices_follow_its_vat(shop: Shop) -> None:
    seller = msgspec.structs.replace(SELLER, vat_numbers={"GB": "GB123456789", "EE": "EE000000000"})
    net = market("EE", "EUR", "EE", fx="0.86", mode=PriceMode.NET)
    await shop.api.put_market(caller=US, key=uuid7().hex, seller=seller, market=net)
    await shop.price("MUG", 10000, at="EE")
    assert (await shop.current("MUG", "EE")).gross_minor == 12400
    async with await psycopg.AsyncConnection.connect(shop.node.settings.database_url, autocommit=True) as connection:
        # As it was written before 1 July 2025, when 22 % became 24 %.
        await connection.execute("update pricing.price_now set gross_minor = 12200 where market = 'EE'")
        await connection.execute("update pricing.market set settled_until = '2025-06-30' where key = 'EE'")
    assert await shop.loop("settle_scheduled") == 1
    assert (await shop.current("MUG", "EE")).gross_minor == 12400
    assert await shop.history("MUG", "EE") == [(10000, 10000)]
    assert await shop.loop("settle_scheduled") == 0


async def test_a_further_list_has_its_season_its_priority_and_its_group(shop: Shop, set_clock: SetClock) -> None:
    await shop.price("MUG", 1000)
    season = PriceList(key="spring", market="GB", starts_at=now() + HOUR, ends_at=now() + DAY)
    club = PriceList(key="club", market="GB", priority=5, customer_group="club")
    for one in (season, club):
        await shop.api.put_price_list(caller=US, key=uuid7().hex, price_list=one)
    await shop.price("MUG", 950, price_list="spring")
    await shop.price("NEW", 500, price_list="spring")
    await shop.price("MUG", 800, price_list="club")
    assert [(await shop.quote(("MUG", 1), customer_group=group)).total_minor for group in ("", "club")] == [1000, 800]

    await set_clock(shop.node, (2 * HOUR).total_seconds())
    await shop.loop("settle_scheduled")
    await shop.loop("refresh_books")
    assert (await shop.quote(("MUG", 1), ("NEW", 1))).total_minor == 1450
    assert [(await shop.current(sku)).gross_minor for sku in ("MUG", "NEW")] == [950, 500]

    await set_clock(shop.node, (2 * DAY).total_seconds())
    await shop.loop("settle_scheduled")
    assert await shop.history("MUG") == [(1000, 1000), (950, 950), (1000, 1000)]
    assert [price.sku for price in (await shop.api.snapshot(caller=US)).items] == ["MUG"]
    assert await shop.api.list_price_lists(caller=US) == (club, season)
    await shop.assert_clean()


async def test_a_price_list_stays_in_its_market_and_must_exist(shop: Shop) -> None:
    await shop.api.put_price_list(caller=US, key=uuid7().hex, price_list=PriceList(key="club", market="GB"))
    for wrong in (
        PriceList(key="club", market="NL"),
        PriceList(key="base:GB", market="GB"),
        PriceList(key="low", market="GB", priority=0),
    ):
        with pytest.raises(InvalidPrice):
            await shop.api.put_price_list(caller=US, key=uuid7().hex, price_list=wrong)
    with pytest.raises(InvalidPrice) as refused:
        await shop.price("MUG", 1, at="NL", price_list="club")
    assert refused.value.facts["field"] == "price_list"


async def test_the_markets_of_the_demo_shop_sell_with_their_own_vat(node_with: NodeWith) -> None:
    shop = Shop(await node_with("pricing"))
    for seller, one in MARKETS:
        await shop.api.put_market(caller=US, key=uuid7().hex, seller=seller, market=one)
    rates = {}
    for key in ("GB", "NL", "SE"):
        await shop.price("MUG", 10000, at=key)
        quote = await shop.quote(("MUG", 1), at=key)
        rates[key] = (quote.currency, quote.lines[0].money.rate_bp, quote.total_minor, len(quote.shipping_options) > 0)
    assert rates == {
        "GB": ("GBP", 2000, 10000, True),
        "NL": ("EUR", 2100, 10000, True),
        "SE": ("SEK", 2500, 10000, True),
    }
    for promotion in PROMOTIONS:
        await shop.api.put_promotion(caller=US, key=uuid7().hex, promotion=promotion)
    for voucher in VOUCHERS:
        assert (await shop.api.put_voucher(caller=US, key=uuid7().hex, voucher=voucher)).code == voucher.code


async def test_in_the_background_a_price_starts_by_itself_and_is_published(shop: Shop) -> None:
    await shop.price("MUG", 1200)
    await shop.price("MUG", 1100, valid_from=now() + timedelta(seconds=1), valid_to=now() + DAY)
    tasks = [asyncio.create_task(work) for work in shop.node.background()]
    seen: list[int] = []
    try:
        async with asyncio.timeout(20):
            async for prices in _published(shop):
                seen += [price.gross_minor for price in prices]
                if seen[-1:] == [1100]:
                    break
    finally:
        await stopped(tasks)
    assert seen == [1200, 1100]
    assert (await shop.quote(("MUG", 1))).total_minor == 1100


async def _published(shop: Shop) -> AsyncIterator[tuple[Price, ...]]:
    async for batch in shop.node.bus.deliveries("listener", [PricesChanged.TYPE]):
        for delivery in batch:
            await delivery.ack()
            yield delivery.envelope.read(PricesChanged).prices
