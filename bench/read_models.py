"""Memory of the read models: `python -m bench.read_models [--products 5000 50000] [--json]`.

Generates products with texts in three languages, three markets with a price and a band per variant, and puts them on
the shelf and into the index of a web process, each size in a process of its own. Prints MB (private memory of the
process before and after), and the bytes of the documents. It needs no running shop: unlike its neighbours it imports
the read side itself.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any
from uuid import UUID

from springtide.channels.browse.follower import Changes
from springtide.channels.browse.indexer import Indexer
from springtide.channels.browse.shelf import Shelf
from springtide.contracts.catalog.api import Category, Media, Product, Variant
from springtide.contracts.inventory.api import Availability, Band
from springtide.contracts.pricing.api import Market, Price, PriceMode, ShopFront

MB = 1_000_000
LANGUAGES = ("en", "nl", "sv")
MARKETS = (("GB", "GBP", "en"), ("NL", "EUR", "nl"), ("SE", "SEK", "sv"))
CATEGORIES = 80
SYLLABLES = ("ka", "lo", "mi", "ster", "van", "del", "ro", "tin", "ga", "bra", "sol", "ne", "wit", "pa", "ker", "fly")
WORDS = 4_000


class Vocabulary:
    """Made-up words of a language, some far more common than others, as many as a catalogue has."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._words = ["".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))) for _ in range(WORDS)]
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(WORDS)))

    def text(self, count: int) -> str:
        """Return so many words."""
        return " ".join(self._dice.choices(self._words, cum_weights=self._weights, k=count))


def products(count: int, dice: random.Random) -> Iterator[Product]:
    """Yield products like the demo's: 1 to 4 variants, a picture, a description of 60 words, two attributes."""
    spoken = {language: Vocabulary(dice) for language in LANGUAGES}
    colours = [{language: one.text(1) for language, one in spoken.items()} for _ in range(24)]
    for number in range(count):
        names = {language: f"{one.text(4)} {number}" for language, one in spoken.items()}
        yield Product(
            id=UUID(int=number + (7 << 76)),
            version=1,
            names=names,
            slugs={language: name.replace(" ", "-") for language, name in names.items()},
            descriptions={language: one.text(60) for language, one in spoken.items()},
            category=f"c{number % CATEGORIES}",
            attributes={"colour": dice.choice(colours), "material": dice.choice(colours)},
            variants=tuple(
                Variant(sku=f"P{number}-{place}", options={"style": dice.choice(colours)})
                for place in range(1 + number % 4)
            ),
            media=(Media(hash=f"{number:064x}", content_type="image/webp", alt={"en": names["en"]}),),
            published=True,
            popularity=dice.randint(0, 5_000),
        )


def front() -> ShopFront:
    """Return three markets without sellers."""
    return ShopFront(
        sellers=(),
        markets=tuple(
            Market(
                key=key,
                seller="s",
                currency=currency,
                price_mode=PriceMode.GROSS,
                countries=(key,),
                languages=(language,),
                time_zone="UTC",
                shipping_methods=(),
            )
            for key, currency, language in MARKETS
        ),
    )


def filled_shelf(count: int) -> Shelf:
    """Return a shelf with everything a web process follows."""
    dice, shelf = random.Random(1), Shelf()
    shelf.put_front(front())
    shelf.put_categories(
        Category(key=f"c{n}", parent="", position=n, names={"en": f"Category {n}"}, slugs={"en": f"category-{n}"})
        for n in range(CATEGORIES)
    )
    for product in products(count, dice):
        shelf.put_product(product)
        for key, _, _ in MARKETS:
            for variant in product.variants:
                shelf.put_price(Price(market=key, sku=variant.sku, gross_minor=dice.randint(95, 9_995), version=1))
                shelf.put_band(Availability(market=key, sku=variant.sku, band=dice.choice(list(Band)), version=1))
    return shelf


def private_mb() -> float:
    """Return this process's own memory (USS) in MB."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    kilobytes = sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))
    return kilobytes * 1_024 / MB


async def measured(count: int) -> dict[str, Any]:
    """Fill shelf and index; return what they take."""
    empty = private_mb()
    shelf, changes = filled_shelf(count), Changes()
    on_shelf = private_mb()
    indexer = Indexer(shelf, changes, {})
    changes.note_everything(shelf)
    await indexer.catch_up()
    indexed = private_mb()
    indexer.close()
    sizes = [len(document) for entry in shelf.products.values() for document in entry.documents.values()]
    return {
        "products": count,
        "variants": sum(len(entry.skus) for entry in shelf.products.values()),
        "read_model_mb": round(indexed - empty),
        "of_that_shelf_mb": round(on_shelf - empty),
        "of_that_search_mb": round(indexed - on_shelf),
        "documents": len(sizes),
        "documents_mb": round(sum(sizes) / MB, 1),
        "largest_document_bytes": max(sizes),
    }


def in_own_process(count: int) -> dict[str, Any]:
    """Measure in a fresh process: what another size left behind is not counted."""
    command = [sys.executable, "-m", "bench.read_models", "--one", str(count)]
    root = Path(__file__).parent.parent
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=root, env=dict(os.environ), check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure every size and print a table, or JSON."""
    parser = argparse.ArgumentParser(description="Memory of the read models of one web process")
    parser.add_argument("--products", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(asyncio.run(measured(options.one))))  # noqa: T201 - for the process that asked
        return
    found = [in_own_process(count) for count in options.products]
    if options.json:
        print(json.dumps(found, indent=1))  # noqa: T201 - the result of a script
        return
    for one in found:
        print(  # noqa: T201 - the result of a script
            f"{one['products']:>7,} products, {one['variants']:>7,} variants: {one['read_model_mb']:>4} MB "
            f"(shelf {one['of_that_shelf_mb']}, search {one['of_that_search_mb']}); documents {one['documents_mb']} MB,"
            f" largest {one['largest_document_bytes']:,} bytes"
        )


if __name__ == "__main__":
    main()
