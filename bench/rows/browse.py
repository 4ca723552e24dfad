"""Looking: product as JSON, product page, search, list page; one web process."""

import msgspec

from bench.bench import Bench
from bench.figures import Figure, at_least, median
from bench.goods import slug_of
from bench.pages import Looked, look
from bench.schedule import interleaved
from bench.shop import Shop
from bench.wire import Wire, request

ROW = "pages"
_CONNECTIONS = 32
_SHORTER = 6
_PRODUCTS_ASKED = 10
_TARGETS = {"product as JSON": 6_000, "product page": 3_000, "search as JSON": 1_500, "list page": 2_000}
_WORDS = (
    *("theelicht", "kaart", "tas", "kerst", "mok", "etagere", "taart", "hart", "lamp rood", "kussen", "vaas"),
    *("glas", "hout", "kaarsenhouder", "blik", "papier", "theepot", "spiegel", "doos", "lint", "krans groen"),
)


class _Card(msgspec.Struct):
    slug: str


class _Page(msgspec.Struct):
    cards: list[_Card]


class _Category(msgspec.Struct):
    slug: str
    products: int


async def measure(bench: Bench) -> list[Figure]:
    """Answers per second of each kind of page, interleaved."""
    shop = await bench.shop()
    kinds = await _kinds(shop)
    found: dict[str, list[Looked]] = {name: [] for name in kinds}
    seconds = max(2.0, bench.options.seconds / _SHORTER)
    for name in interleaved(tuple(kinds), bench.options.rounds):
        await look(shop.address, kinds[name], connections=_CONNECTIONS, seconds=0.5)
        found[name].append(await look(shop.address, kinds[name], connections=_CONNECTIONS, seconds=seconds))
    return [_figure(name, runs, len(kinds[name])) for name, runs in found.items()]


def _figure(name: str, runs: list[Looked], pages: int) -> Figure:
    others = {status: count for run in runs for status, count in run.statuses.items() if status != 200}
    last = runs[-1]
    return Figure(
        row=ROW,
        what=f"{name}, {_CONNECTIONS} connections",
        detail=f"{pages:,} different, p99 {median(run.ms(0.99) for run in runs):.1f} ms,"
        f" {last.bytes_sum / max(1, last.statuses.total()) / 1024:.1f} KiB,"
        f" generator {max(run.cpu_share for run in runs):.0%} of a core{f'; others {others}' if others else ''}",
        **at_least(median(run.per_s for run in runs), _TARGETS[name], unit="/s"),
    )


async def _kinds(shop: Shop) -> dict[str, list[bytes]]:
    wire = Wire(*shop.address)
    slugs: list[str] = []
    for page in range(1, _PRODUCTS_ASKED + 1):
        path = f"/api/products?market=NL&locale=nl&page={page}&per_page=96"
        slugs += [card.slug for card in msgspec.json.decode(await _got(wire, path), type=_Page).cards]
    tree = msgspec.json.decode(
        await _got(wire, "/api/categories?market=NL&locale=nl&language=nl"), type=list[_Category]
    )
    wire.close()
    slugs += [slug_of(number) for number in range(min(1_000, shop.own))]
    lists = [category.slug for category in tree if category.products > 20]
    paths = {
        "product as JSON": [f"/api/products/{slug}?market=NL&locale=nl" for slug in slugs],
        "product page": [f"/nl-nl/p/{slug}" for slug in slugs],
        "search as JSON": [f"/api/products?market=NL&locale=nl&q={word.replace(' ', '+')}" for word in _WORDS],
        "list page": [f"/nl-nl/c/{slug}" for slug in lists],
    }
    return {name: [request("GET", path) for path in some] for name, some in paths.items()}


async def _got(wire: Wire, path: str) -> bytes:
    status, body = await wire.send(request("GET", path))
    assert status == 200, f"{path}: {status}"
    return body
