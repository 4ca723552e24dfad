"""Against pgbench writing the same rows, one transaction per order: one hot product, and 1,000."""

from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench import pgbench
from bench.backlog import BacklogMeter
from bench.bench import Bench
from bench.buyer import COMPLETED, buy
from bench.figures import Figure, at_least, median
from bench.load import closed_loop
from bench.schedule import interleaved
from bench.shop import Shop
from bench.wire import Wire
from bench.written import Written, next_transaction, written_since
from springtide.commands.migrations import migrate_all
from springtide.platform.embedded.binaries import postgres_programs
from springtide.settings import replaced

ROW = "pgbench"
_DATABASE = "bench_pgbench"
_TARGETS = {1: 1.0, pgbench.PRODUCTS: 0.2}
_SHORTER = 4
_TRIES = 5
_PATIENCE_S = 120.0


async def measure(bench: Bench) -> list[Figure]:
    """Ours and pgbench's in turn, each for one product and for 1,000."""
    shop = await bench.shop()
    url = _empty_shop(shop)
    async with BacklogMeter(shop.settings) as backlog:
        rows = pgbench.of_the_buyer(await rows_of_an_order(shop, backlog))
        programs = postgres_programs(shop.folder, say=bench.say)
        seconds = max(2.0, bench.options.seconds / _SHORTER)
        rates: dict[tuple[str, int], list[float]] = {(who, n): [] for n in _TARGETS for who in ("ours", "pgbench")}
        for who, products in interleaved(tuple(rates), bench.options.rounds):
            await backlog.drained_after(_PATIENCE_S)
            if who == "pgbench":
                rate = await pgbench.run(programs, url, pgbench.script(rows, products=products), seconds=seconds)
            else:
                skus = shop.skus[:products]
                bought = await closed_loop(shop.address, skus, buyers=bench.options.buyers, seconds=seconds)
                rate = bought.per_s
            rates[who, products].append(rate)
    statements, count = len(rows), sum(len(written.rows) for written in rows)
    return [_figure(bench, products, rates, f"{count} rows in {statements} statements") for products in _TARGETS]


def _figure(bench: Bench, products: int, rates: dict[tuple[str, int], list[float]], rows: str) -> Figure:
    ours, theirs = median(rates["ours", products]), median(rates["pgbench", products])
    return Figure(
        row=ROW,
        what="orders against pgbench writing the same rows, " + ("one product" if products == 1 else f"{products:,}"),
        detail=f"{ours:,.0f} ({bench.options.buyers} buyers)"
        f" against {theirs:,.0f}/s ({pgbench.CLIENTS} clients); {rows}",
        **at_least(ours / theirs, _TARGETS[products], unit=" x", digits=2),
    )


async def rows_of_an_order(shop: Shop, backlog: BacklogMeter) -> list[Written]:
    """Let a guest buy in a quiet shop and return every row that came of it: of several tries the one with the fewest,
    because whatever the shop does by itself meanwhile only adds rows.
    """
    tries = [await _rows_written(shop, backlog) for _ in range(_TRIES)]
    return min(tries, key=lambda written: sum(len(one.rows) for one in written))


async def _rows_written(shop: Shop, backlog: BacklogMeter) -> list[Written]:
    await backlog.drained_after(_PATIENCE_S)
    with psycopg.connect(shop.settings.database_url, autocommit=True) as connection:
        before = next_transaction(connection)
        wire = Wire(*shop.address)
        outcome = await buy(wire, shop.skus[0])
        wire.close()
        assert outcome == COMPLETED, outcome
        await backlog.drained_after(_PATIENCE_S)
        return written_since(connection, before)


def _empty_shop(shop: Shop) -> str:
    """Make a database with the same schemas and nothing in them but stock; return its URL."""
    with psycopg.connect(shop.settings.database_url, autocommit=True) as connection:
        connection.execute(f"drop database if exists {_DATABASE} with (force)".encode())
        connection.execute(f"create database {_DATABASE}".encode())
    url = urlunsplit(urlsplit(shop.settings.database_url)._replace(path=f"/{_DATABASE}"))
    migrate_all(replaced(shop.settings, database_url=url, database_urls={}))
    pgbench.put_stock(url)
    return url
