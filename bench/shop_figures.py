"""First figures of a running shop: `python bench/shop_figures.py orders|pages [--url …] [--buyers 64] [--seconds 60]`.

orders: full guest orders (three writes) with payment by invoice, closed loop. pages: product as JSON, product page,
list page, search, one after the other. Prints one JSON object; the load generator's own CPU share is in it.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import time
from collections import Counter
from urllib.parse import urlsplit

import uvloop
from wire import Wire

ADDRESS = {"name": "Anna de Vries", "line1": "Oudegracht 1", "city": "Utrecht", "postcode": "3511 AB", "country": "NL"}


async def order(wire: Wire, sku: str) -> tuple[str, float]:
    """Buy one unit as a guest; return the step it ended at and the seconds it took."""
    started = time.perf_counter()
    key = secrets.token_hex(12)
    body = {"market": "NL", "locale": "nl", "lines": [{"sku": sku, "quantity": 1}]}
    status, answer = await wire.send("POST", "/api/carts", body, {"Idempotency-Key": f"{key}-cart"})
    if status != 201:
        return f"cart {status}", time.perf_counter() - started
    cart = json.loads(answer)
    mine = {"Springtide-Token": cart["token"]}
    details = {
        "contact": {"email": "bench@example.com", "phone": ""},
        "delivery": {"shipping_method": "standard", "address": ADDRESS},
    }
    status, answer = await wire.send(
        "PUT", f"/api/carts/{cart['id']}/details", details, {**mine, "Idempotency-Key": f"{key}-details"}
    )
    if status != 200:
        return f"details {status}", time.perf_counter() - started
    total = json.loads(answer)["quote"]["total_minor"]
    buying = {"method": "invoice", "total_minor": total}
    path = f"/api/carts/{cart['id']}/complete"
    while True:
        status, answer = await wire.send("POST", path, buying, {**mine, "Idempotency-Key": f"{key}-complete"})
        if status not in {202, 503}:
            break
        await asyncio.sleep(0.1)
    step = json.loads(answer).get("step", "") if status == 200 else ""
    return step or f"complete {status}", time.perf_counter() - started


async def orders(host: str, port: int, skus: list[str], *, buyers: int, seconds: float) -> dict[str, object]:
    """Let buyers buy until the time is over."""
    outcomes: Counter[str] = Counter()
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def buyer(number: int) -> None:
        wire = Wire(host, port)
        turn = number
        while time.perf_counter() < end:
            outcome, took = await order(wire, skus[turn % len(skus)])
            turn += buyers
            outcomes[outcome] += 1
            times.append(took)
        wire.close()

    started = time.perf_counter()
    await asyncio.gather(*(buyer(number) for number in range(buyers)))
    took = time.perf_counter() - started
    return {
        "buyers": buyers,
        "seconds": round(took, 1),
        "orders_per_s": round(outcomes["completed"] / took, 1),
        "p50_ms": round(1000 * statistics.median(times)),
        "p99_ms": round(1000 * sorted(times)[int(len(times) * 0.99)]),
        "outcomes": dict(outcomes),
    }


async def pages(
    host: str, port: int, paths: dict[str, list[str]], *, connections: int, seconds: float
) -> dict[str, object]:
    """Read each kind of page for its time; return requests per second."""
    rates: dict[str, object] = {}
    for name, addresses in paths.items():
        counts: Counter[int] = Counter()
        end = time.perf_counter() + seconds

        async def reader(
            number: int, addresses: list[str] = addresses, end: float = end, counts: Counter[int] = counts
        ) -> None:
            wire = Wire(host, port)
            turn = number
            while time.perf_counter() < end:
                status, _ = await wire.send("GET", addresses[turn % len(addresses)])
                counts[status] += 1
                turn += connections
            wire.close()

        started = time.perf_counter()
        await asyncio.gather(*(reader(number) for number in range(connections)))
        rates[name] = {"per_s": round(sum(counts.values()) / (time.perf_counter() - started)), "statuses": dict(counts)}
    return rates


async def categories(host: str, port: int) -> list[str]:
    """Return the slugs of categories with products."""
    wire = Wire(host, port)
    _, answer = await wire.send("GET", "/api/categories?market=NL&locale=nl&language=nl")
    wire.close()
    return [category["slug"] for category in json.loads(answer) if category["products"] > 20]


async def sellable(host: str, port: int) -> tuple[list[str], list[str]]:
    """Return SKUs and slugs of products in stock."""
    wire = Wire(host, port)
    skus: list[str] = []
    slugs: list[str] = []
    for page in range(1, 11):
        _, answer = await wire.send("GET", f"/api/products?market=NL&locale=nl&page={page}&per_page=96")
        for card in json.loads(answer).get("cards", []):
            if card["band"] == "in_stock":
                skus.append(card["sku"])
                slugs.append(card["slug"])
    wire.close()
    return skus, slugs


async def main(options: argparse.Namespace) -> None:
    """Measure and print."""
    parts = urlsplit(options.url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    skus, slugs = await sellable(host, port)
    cpu, wall = time.process_time(), time.perf_counter()
    if options.what == "orders":
        chosen = skus[:1] if options.hot else skus
        result = await orders(host, port, chosen, buyers=options.buyers, seconds=options.seconds)
    else:
        words = ("theelicht", "kaart", "tas", "kerst", "mok", "etagere", "taart", "hart")
        paths = {
            "product as JSON": [f"/api/products/{slug}?market=NL&locale=nl" for slug in slugs],
            "product page": [f"/nl-nl/p/{slug}" for slug in slugs],
            "list page": [f"/nl-nl/c/{slug}" for slug in await categories(host, port)],
            "search as JSON": [f"/api/products?market=NL&locale=nl&q={word}" for word in words],
        }
        result = await pages(host, port, paths, connections=options.buyers, seconds=options.seconds)
    result["generator_cpu_share"] = round((time.process_time() - cpu) / (time.perf_counter() - wall), 2)
    print(json.dumps(result, indent=1))  # noqa: T201 - the result of a script


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("orders", "pages"))
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--buyers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--hot", action="store_true", help="everybody wants the same product")
    uvloop.run(main(parser.parse_args()))
