"""What to buy for the season: the buy list, what cannot be helped any more, and where it all lies.

Money in minor units of the company's currency, volumes in cubic metres, days local. `StockTerms` are the figures that
a company's documents do not have; the defaults are assumptions of ours and say so.
"""

from datetime import date

import msgspec

from springtide.contracts.peak.common import Band, Deadline, Decision, Phrase
from springtide.contracts.peak.company import Figure, Record
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml

_PERCENT = 100


STOCK_DOCUMENT = "stock.toml"
"""The document of a company that has them; without it the defaults hold."""


class StockTerms(Record, frozen=True):
    """What being short and being left over costs, and how big things are.

    `lost_share`: of buyers who meet an empty shelf, the share that does not come back; `customer_value`: margin that
    such a buyer would have brought within a year. `leftover_value`: what seasonal goods still fetch after the season,
    and other goods that nobody has bought a year after it. `after_season`: how fast those sell until then.
    """

    seasonal_categories: tuple[str, ...] = (
        "christmas-decorations",
        "advent-and-stockings",
        "christmas-paper",
        "easter",
    )
    holding: Figure = Figure(
        value=22, unit="% of the goods' cost per year", assumption="capital, insurance and shrinkage, without rent"
    )
    leftover_value: Figure = Figure(
        value=35, unit="% of the goods' cost", assumption="what Christmas goods fetch in the January sale, set by us"
    )
    after_season: Figure = Figure(
        value=56,
        unit="% of the season's units per day",
        assumption="10 December 2010 to August 2011 against 1 September to 9 December 2010 in the demo's past",
    )
    lost_share: Figure = Figure(
        value=8, unit="% of buyers who miss an article", assumption="most take another article or come back; set by us"
    )
    customer_value: Figure = Figure(
        value=900, unit="pence of margin", assumption="a year of a usual buyer's margin, set by us"
    )
    unit_volume: Figure = Figure(
        value=0.0025, unit="m3/unit", assumption="a mug in its box; replace by measured volumes where they are known"
    )


def decode_stock_terms(document: bytes) -> StockTerms:
    """Read the terms from TOML; raises InvalidPeakInput naming every mistake."""
    terms = read_toml(STOCK_DOCUMENT, document, StockTerms)
    shares = {"leftover_value": terms.leftover_value, "lost_share": terms.lost_share}
    mistakes = [
        Mistake(where=STOCK_DOCUMENT, rule=name, message=f"{name} is {figure.value:g}, not from 0 to 100 %")
        for name, figure in shares.items()
        if not 0 <= figure.value <= _PERCENT
    ]
    others = {name: getattr(terms, name) for name in ("holding", "customer_value", "unit_volume", "after_season")}
    mistakes += [
        Mistake(where=STOCK_DOCUMENT, rule=name, message=f"{name} is {figure.value:g}, below 0")
        for name, figure in others.items()
        if figure.value < 0
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return terms


class StockRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one product. `weekly_units`: mean demand expected per week of the season.

    `receipts`: (day, units) already ordered; `unit_volume_m3`: None takes the terms' figure.
    `cost_minor`: landed cost per unit; None takes the supplier's share of the price. `units_per_buyer`: how many of it
    one buyer takes at a time, so that a dozen units lost are not a dozen customers.
    """

    sku: str
    category: str
    supplier: str
    price_minor: float
    on_hand: int
    weekly_units: float
    pack_size: int = 1
    receipts: tuple[tuple[date, int], ...] = ()
    unit_volume_m3: float | None = None
    cost_minor: float | None = None
    units_per_buyer: float = 1.0


class BuyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One product to order now. `order_on`: the supplier's next order day.

    `last_order`: the last order day whose goods come, nine times out of ten, before a tenth of the paths is sold out;
    None when that has passed. `covers_until`: the last day before the next order's goods.
    `own_units` + `external_units` = `units`. `later_units`: what later orders will add, mean over the paths.
    `lost_before_minor`, `lost_after_minor`: margin lost between this arrival and the next without and with the order.
    """

    sku: str
    supplier: str
    units: int
    packs: int
    cost_minor: int
    volume_m3: float
    order_on: date
    arrives_p50: date
    arrives_p90: date
    covers_until: date
    last_order: date | None
    own_units: int
    external_units: int
    later_units: float
    lost_before_minor: int
    lost_after_minor: int


class StockException(msgspec.Struct, frozen=True, kw_only=True):
    """A product that needs a look, worst first by `value_at_risk_minor`: margin lost in the season if nobody acts.

    `stock_out`: the day on which half of the paths are sold out, None when they are not; `stock_out_early`: a tenth.
    `cover_days`: days from today to `stock_out`, the season's end at most. `stock_out_chance`: within the season.
    `unavoidable_minor`: of the margin at risk, what is lost before any order can arrive.
    """

    sku: str
    supplier: str
    reason: Phrase
    stock_out: date | None
    stock_out_early: date | None
    stock_out_chance: float
    cover_days: int
    value_at_risk_minor: int
    unavoidable_minor: int
    ordered_units: int


class StockItem(msgspec.Struct, frozen=True, kw_only=True):
    """One product week by week, from the season's first day on, over its own paths (never to be added up).

    `demand`, `stock`: (P10, P50, P90) of units asked for in a week and of units left at its end if nobody orders.
    `lost`: units not sold by a week's end if nobody orders, mean over the paths. `sold`: units of past weeks, the last
    one ends the day before `past_until`; `past_until` None: the plan has no history beside it.
    """

    sku: str
    category: str
    supplier: str
    price_minor: int
    on_hand: int
    receipts: tuple[tuple[date, int], ...]
    demand: tuple[tuple[int, int, int], ...]
    stock: tuple[tuple[int, int, int], ...]
    lost: tuple[int, ...]
    sold: tuple[int, ...] = ()
    past_until: date | None = None


class SupplierOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One supplier's next order. `outcome`: order, wait (below its minimum or not worth it), too_late.

    `cycle_weeks`: how far apart orders stand so that one reaches the minimum. `last_order`: the last order day whose
    goods come before the season's busiest day nine times out of ten, None when it has passed. `products` are ordered,
    of `products_in_range`. `later_spend`: what its later orders of the season will cost.
    """

    supplier: str
    name: str
    outcome: str
    order_on: date | None
    arrives_p50: date | None
    arrives_p90: date | None
    next_order_on: date | None
    last_order: date | None
    cycle_weeks: int
    minimum_minor: int
    spend_minor: int
    units: int
    products: int
    products_in_range: int
    later_spend: Band


class StorageWeek(msgspec.Struct, frozen=True, kw_only=True):
    """A week's first day: volume in stock with this purchase, what does not fit into our own house, and its cost."""

    first: date
    volume: Band
    own_capacity_m3: float
    overflow_m3: float
    overflow_minor: int


class Tranche(msgspec.Struct, frozen=True, kw_only=True):
    """The best that a part of the purchase's money buys, best worth per money first, minimum orders left aside.

    `worth_minor`: margin and customers kept until the next orders arrive, less what it costs to keep every unit until
    it is sold and to sell off what a year after the season has not sold; mean over the paths.
    """

    spend_minor: int
    worth_minor: int


class Returns(msgspec.Struct, frozen=True, kw_only=True):
    """What comes back of the money for the orders of now if nobody orders again.

    `saved_minor`: margin kept until the next orders arrive, mean. `sold`, `left`: cost of the units of these orders
    that are sold by the season's end and of those that are not, `margin`: what the sold ones bring above their cost.
    On paths where an order comes after the season, all of it is left. `tranches`: by rising spend, the last is all.
    """

    saved_minor: int
    sold: Band
    left: Band
    margin: Band
    tranches: tuple[Tranche, ...]


class StockPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to buy, exceptions first. `lost_margin_without`, `lost_margin_with`: margin of sales lost in the season,

    without any order and with the orders of now (later ones not counted). `write_off`: value lost on seasonal goods
    that are left over. `returns`: None in plans made before it was asked.
    """

    today: date
    season_first: date
    season_last: date
    exceptions: tuple[StockException, ...]
    lines: tuple[BuyLine, ...]
    suppliers: tuple[SupplierOrder, ...]
    storage: tuple[StorageWeek, ...]
    spend_minor: int
    later_spend: Band
    lost_margin_without: Band
    lost_margin_with: Band
    write_off: Band
    decisions: tuple[Decision, ...]
    deadlines: tuple[Deadline, ...]
    returns: Returns | None = None
