"""What a shop's buyers buy: how many lines, how many units of each, which products; from its own orders.

`springtide export baskets` writes such a file of a shop; `scenarios/baskets.json` is that of the demo's history.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from random import Random

import msgspec

from springtide.rehearsal.load.problems import BasketsWrong
from springtide.rehearsal.load.traffic import Weighted

_MOST_LINES = 100
_MOST_UNITS = 9_999


class BasketFigures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Counts: orders by their number of lines, lines by their units, orders by SKU. `source`: where they come from."""

    source: str
    orders: int
    lines: dict[int, int]
    units: dict[int, int]
    skus: dict[str, int]


class BasketCounter:
    """Adds orders up."""

    def __init__(self) -> None:
        self._orders = 0
        self._lines: Counter[int] = Counter()
        self._units: Counter[int] = Counter()
        self._skus: Counter[str] = Counter()

    def count(self, lines: Iterable[tuple[str, int]]) -> None:
        """Take an order's lines: SKU and units; the same SKU twice is one line. Empty orders count for nothing."""
        wanted: Counter[str] = Counter()
        for sku, units in lines:
            wanted[sku] += units
        if not wanted:
            return
        self._orders += 1
        self._lines[min(len(wanted), _MOST_LINES)] += 1
        self._units.update(min(units, _MOST_UNITS) for units in wanted.values())
        self._skus.update(wanted.keys())

    def figures(self, source: str, *, most_skus: int = 5_000) -> BasketFigures:
        """Return the counts, of the most popular SKUs."""
        return BasketFigures(
            source=source,
            orders=self._orders,
            lines=dict(sorted(self._lines.items())),
            units=dict(sorted(self._units.items())),
            skus=dict(sorted(self._skus.items(), key=lambda pair: (-pair[1], pair[0]))[:most_skus]),
        )


def read(path: str = "") -> BasketFigures:
    """Read a file of baskets, or the shipped one; `BasketsWrong`."""
    try:
        if path:
            content = Path(path).read_bytes()
        else:
            content = resources.files("springtide.rehearsal.scenarios").joinpath("baskets.json").read_bytes()
        found = msgspec.json.decode(content, type=BasketFigures)
    except (OSError, msgspec.DecodeError) as error:
        msg = f"{path}: {error}"
        raise BasketsWrong(msg) from error
    if not found.lines or not found.units or min(found.lines) < 1 or min(found.units) < 1:
        msg = f"{path or 'the shipped file'}: without an order in it nothing can be drawn."
        raise BasketsWrong(msg)
    return found


def popularity(figures: BasketFigures, skus: Sequence[str]) -> dict[str, float]:
    """Return a weight for every SKU on sale. Those that the figures know have their own; a shop whose SKUs they do not
    know at all gets the same shape, by place in its own order of popularity. Others are as popular as the least known.
    """
    known = [sku for sku in skus if sku in figures.skus]
    if not known:
        counts = sorted(figures.skus.values(), reverse=True) or [1]
        return {sku: float(counts[min(place, len(counts) - 1)]) for place, sku in enumerate(skus)}
    least = min(figures.skus[sku] for sku in known)
    return {sku: float(figures.skus.get(sku, least)) for sku in skus}


class Shopper:
    """Draws baskets."""

    def __init__(
        self, lines: dict[int, int], units: dict[int, int], *, most_lines: int, most_units: int, hot: Sequence[str]
    ) -> None:
        self._lines = Weighted({str(count): float(weight) for count, weight in lines.items()})
        self._units = Weighted({str(count): float(weight) for count, weight in units.items()})
        self._most = (most_lines, most_units)
        self._hot = tuple(hot)

    def basket(self, random: Random, goods: Weighted, *, on_sale: int, hot_share: float) -> list[tuple[str, int]]:
        """Return SKUs with units: one unit of something hot, or what buyers usually buy."""
        if self._hot and random.random() < hot_share:
            return [(random.choice(self._hot), 1)]
        wanted = min(int(self._lines.draw(random)), self._most[0], on_sale)
        chosen: dict[str, int] = {}
        for _ in range(4 * wanted):  # popular ones come up again: a bounded number of draws is enough
            if len(chosen) == wanted:
                break
            chosen.setdefault(goods.draw(random), min(int(self._units.draw(random)), self._most[1]))
        return list(chosen.items())
