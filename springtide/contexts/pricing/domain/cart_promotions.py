"""Cart promotions: which ones a cart gets and what each row gives up for them.

Cost budget: one look at the lines builds an index; measuring a promotion then costs at most one sum over its eligible
lines, and amounts are shared out over rows only for the few that are applied. 100 promotions on 200 lines stay within
single-digit milliseconds (a test holds that). At most `MAX_STACKED` promotions work together in one cart.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from springtide.contexts.pricing.domain.money_rows import BASIS, share_out
from springtide.contexts.pricing.domain.promotions import Promotion
from springtide.contracts.pricing.api import PromotionKind
from springtide.platform.money import round_half_up

MAX_STACKED = 10


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """A priced line: unit price after catalogue promotions, minor units, in the market's price mode."""

    key: str
    sku: str
    quantity: int
    unit_price_minor: int
    categories: frozenset[str] = frozenset()

    @property
    def amount_minor(self) -> int:
        """Price of the line before cart discounts."""
        return self.unit_price_minor * self.quantity


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """What promotions may ask about the cart besides its lines. `shipping_minor` is the charge before promotions."""

    customer_group: str = ""
    shipping_minor: int = 0


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion that a cart gets: what it takes off goods by line key, and off shipping."""

    promotion: Promotion
    goods_minor: dict[str, int]
    shipping_minor: int

    @property
    def total_minor(self) -> int:
        """All that it takes off."""
        return sum(self.goods_minor.values()) + self.shipping_minor


class _Measured(msgspec.Struct, frozen=True):
    """What a promotion would take off, before it is shared out. `by_line` is set where lines are named already."""

    promotion: Promotion
    goods_minor: int
    shipping_minor: int
    keys: Sequence[str] = ()
    by_line: dict[str, int] | None = None

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.shipping_minor


class _Cart:
    """The lines, an index over them, and what is left to take off. Lines are kept cheapest unit first."""

    def __init__(self, lines: Iterable[CartLine], buyer: Buyer) -> None:
        ordered = sorted(lines, key=lambda line: (line.unit_price_minor, line.key))
        self.buyer = buyer
        self.lines = {line.key: line for line in ordered}
        self.left = {line.key: line.amount_minor for line in ordered}
        self.subtotal_minor = sum(self.left.values())
        self.shipping_left = buyer.shipping_minor
        self._all = tuple(self.lines)
        self._by_sku: dict[str, list[str]] = {}
        self._by_category: dict[str, list[str]] = {}
        for line in ordered:
            self._by_sku.setdefault(line.sku, []).append(line.key)
            for category in line.categories:
                self._by_category.setdefault(category, []).append(line.key)

    def eligible(self, promotion: Promotion) -> Sequence[str]:
        """Keys of the lines that a promotion selects, cheapest unit first."""
        if not promotion.selects_lines:
            return self._all
        found = {key for sku, keys in self._by_sku.items() if sku in promotion.skus for key in keys}
        for category, keys in self._by_category.items():
            if category in promotion.categories:
                found.update(keys)
        return [key for key in self._all if key in found] if found else ()

    def admits(self, promotion: Promotion, keys: Sequence[str]) -> bool:
        """Tell whether every condition but time and voucher holds."""
        if not keys or (promotion.customer_group and self.buyer.customer_group != promotion.customer_group):
            return False
        return self.subtotal_minor >= promotion.min_goods_minor

    def measure(self, promotion: Promotion) -> _Measured | None:
        """Return what `promotion` would take off what is left now, None when its conditions do not hold."""
        keys = self.eligible(promotion)
        if not self.admits(promotion, keys):
            return None
        if promotion.kind is PromotionKind.FREE_SHIPPING:
            return _Measured(promotion, 0, self.shipping_left)
        if promotion.kind is PromotionKind.BUY_X_GET_Y:
            by_line = self._group_cuts(promotion, keys)
            return _Measured(promotion, sum(by_line.values()), 0, keys, by_line)
        left = sum(self.left[key] for key in keys)
        if promotion.kind is PromotionKind.PERCENTAGE:
            return _Measured(promotion, round_half_up(left * promotion.percent_bp, BASIS), 0, keys)
        return _Measured(promotion, min(promotion.amount_minor, left), 0, keys)

    def take(self, measured: _Measured) -> Applied:
        """Share the cut out over its lines, and remember what is left."""
        cuts = measured.by_line
        if cuts is None:
            cuts = share_out(measured.goods_minor, {key: self.left[key] for key in measured.keys})
        for key, cut in cuts.items():
            self.left[key] -= cut
        self.shipping_left -= measured.shipping_minor
        return Applied(promotion=measured.promotion, goods_minor=cuts, shipping_minor=measured.shipping_minor)

    def _group_cuts(self, promotion: Promotion, keys: Sequence[str]) -> dict[str, int]:
        units = sum(self.lines[key].quantity for key in keys)
        free = units // (promotion.buy_quantity + promotion.get_quantity) * promotion.get_quantity
        cuts: dict[str, int] = {}
        for key in keys:
            if free == 0:
                break
            quantity = self.lines[key].quantity
            units_free = min(quantity, free)
            free -= units_free
            cuts[key] = round_half_up(self.left[key] * units_free, quantity)
        return cuts


def choose(lines: Sequence[CartLine], buyer: Buyer, promotions: Iterable[Promotion]) -> list[Applied]:
    """Return the combination that costs the buyer least; `promotions` are cart level, in time, vouchers shown.

    The order of lines and promotions never matters.
    """
    ranked = sorted(promotions, key=lambda promotion: promotion.rank)
    alone = _best_alone(_Cart(lines, buyer), ranked)
    stack = _stack(_Cart(lines, buyer), ranked)
    stacked_minor = sum(applied.total_minor for applied in stack)
    if alone is None or not alone.total_minor or stacked_minor > alone.total_minor:
        return stack
    if stacked_minor == alone.total_minor and stack[0].promotion.rank < alone.promotion.rank:
        return stack
    return [_Cart(lines, buyer).take(alone)]


def _best_alone(cart: _Cart, ranked: Sequence[Promotion]) -> _Measured | None:
    measured = [found for promotion in ranked if promotion.exclusive and (found := cart.measure(promotion))]
    return max(measured, key=lambda found: found.total_minor, default=None)


def _stack(cart: _Cart, ranked: Sequence[Promotion]) -> list[Applied]:
    stack: list[Applied] = []
    for promotion in ranked:
        if promotion.exclusive or len(stack) == MAX_STACKED:
            continue
        measured = cart.measure(promotion)
        if measured is not None and measured.total_minor:
            stack.append(cart.take(measured))
    return stack


def admitted(lines: Sequence[CartLine], buyer: Buyer, promotion: Promotion) -> bool:
    """Tell whether `promotion` would take something off this cart if it stood alone (why a voucher did nothing)."""
    measured = _Cart(lines, buyer).measure(promotion)
    return measured is not None and measured.total_minor > 0


def cuts_by_line(applied: Iterable[Applied]) -> Mapping[str, int]:
    """Sum what all applied promotions take off each line."""
    cuts: dict[str, int] = {}
    for one in applied:
        for key, cut in one.goods_minor.items():
            cuts[key] = cuts.get(key, 0) + cut
    return cuts
