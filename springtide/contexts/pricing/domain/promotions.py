"""What a promotion is in one market, and the price a shop window shows (catalogue level).

    kind           catalogue level                   cart level
    percentage     percent off the unit price        percent off the eligible lines
    amount         amount off the unit price         amount off the eligible lines, once
    free_shipping  -                                 the shipping charge
    buy_x_get_y    -                                 the cheapest get-units of every full group are free

Combining, at either level: every exclusive promotion stands alone, all stackable ones work together in priority order
(highest first, then key), each on what the former left. The buyer gets whichever of these costs least; a tie goes to
the higher priority, then the smaller key. Cart level is in `cart_promotions`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from springtide.contexts.pricing.domain.money_rows import BASIS
from springtide.contracts.common import Texts
from springtide.contracts.pricing import api
from springtide.contracts.pricing.api import InvalidPrice, PromotionKind, PromotionLevel
from springtide.platform.money import round_half_up


class Window(msgspec.Struct, frozen=True):
    """A stretch of time: from (included) to (excluded); None is open."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def contains(self, moment: datetime) -> bool:
        """Tell whether `moment` lies in the window."""
        return not self.is_before(moment) and (self.ends_at is None or moment < self.ends_at)

    def is_before(self, moment: datetime) -> bool:
        """Tell whether the window opens only after `moment`."""
        return self.starts_at is not None and moment < self.starts_at


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion as one market sees it: amounts are minor units of its currency, in its price mode.

    `skus` and `categories` select lines (either is enough, none of both: all). `min_goods_minor` compares with all
    goods before cart discounts.
    """

    key: str
    names: Texts = {}
    kind: PromotionKind
    level: PromotionLevel = PromotionLevel.CART
    exclusive: bool = False
    priority: int = 0
    percent_bp: int = 0
    amount_minor: int = 0
    buy_quantity: int = 0
    get_quantity: int = 0
    needs_voucher: bool = False
    window: Window = Window()
    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    customer_group: str = ""
    min_goods_minor: int = 0

    @property
    def rank(self) -> tuple[int, str]:
        """Sort key: highest priority first, then key."""
        return (-self.priority, self.key)

    @property
    def selects_lines(self) -> bool:
        """Tell whether only some goods are eligible."""
        return bool(self.skus or self.categories)

    def selects(self, sku: str, categories: frozenset[str]) -> bool:
        """Tell whether a product is eligible."""
        return not self.selects_lines or sku in self.skus or not self.categories.isdisjoint(categories)


class UnitPrice(msgspec.Struct, frozen=True):
    """A unit price in the shop window, in the market's price mode: before and after reductions, and what did it."""

    list_minor: int
    effective_minor: int
    promotions: tuple[str, ...] = ()

    @property
    def is_reduced(self) -> bool:
        """Tell whether anything lowers this price."""
        return self.effective_minor < self.list_minor


def in_market(promotion: api.Promotion, market: str) -> Promotion | None:
    """Return `promotion` as `market` sees it, None where it does not hold there (or is switched off)."""
    amount = promotion.amount_minor.get(market, 0)
    is_elsewhere = bool(promotion.markets) and market not in promotion.markets
    if not promotion.active or is_elsewhere or (promotion.kind is PromotionKind.AMOUNT and not amount):
        return None
    conditions = promotion.conditions
    return Promotion(
        key=promotion.key,
        names=promotion.names,
        kind=promotion.kind,
        level=promotion.level,
        exclusive=promotion.exclusive,
        priority=promotion.priority,
        percent_bp=promotion.percent_bp,
        amount_minor=amount,
        buy_quantity=promotion.buy_quantity,
        get_quantity=promotion.get_quantity,
        needs_voucher=promotion.needs_voucher,
        window=Window(promotion.starts_at, promotion.ends_at),
        skus=frozenset(conditions.skus),
        categories=frozenset(conditions.categories),
        customer_group=conditions.customer_group,
        min_goods_minor=conditions.min_goods_minor,
    )


def check(promotion: api.Promotion) -> None:
    """Raise `InvalidPrice` naming every contradiction of a definition in `facts["problems"]`."""
    problems = [problem for is_broken, problem in _rules(promotion) if is_broken]
    if problems:
        raise InvalidPrice(" ".join(problems), field="promotion", problems=problems)


def _rules(promotion: api.Promotion) -> Sequence[tuple[bool, str]]:
    kind, conditions = promotion.kind, promotion.conditions
    is_catalogue = promotion.level is PromotionLevel.CATALOGUE
    is_group = kind is PromotionKind.BUY_X_GET_Y
    amounts = promotion.amount_minor
    window_is_empty = (
        promotion.starts_at is not None and promotion.ends_at is not None and promotion.starts_at >= promotion.ends_at
    )
    asks_the_cart = bool(conditions.customer_group or conditions.min_goods_minor or promotion.needs_voucher)
    percent_is_wrong = kind is PromotionKind.PERCENTAGE and not 0 < promotion.percent_bp <= BASIS
    return (
        (not promotion.key, "A promotion needs a key."),
        ("en" not in promotion.names, "An English name is needed."),
        ("" in promotion.markets, "A market's key is empty."),
        (percent_is_wrong, "The percentage must be above 0 and at most 100."),
        (kind is PromotionKind.AMOUNT and not amounts, "An amount is needed in at least one market."),
        (any(amount <= 0 for amount in amounts.values()), "Amounts must be above 0."),
        (conditions.min_goods_minor < 0, "A minimum must not be negative."),
        (is_group and min(promotion.buy_quantity, promotion.get_quantity) < 1, "Buy and get need at least one unit."),
        (window_is_empty, "The end must be after the start."),
        (is_catalogue and (is_group or kind is PromotionKind.FREE_SHIPPING), "This kind exists at cart level only."),
        (is_catalogue and asks_the_cart, "A catalogue promotion cannot ask for a cart, a buyer or a voucher."),
    )


def unit_cut(promotion: Promotion, price_minor: int) -> int:
    """Return what a catalogue promotion takes off one unit at `price_minor`; never more than the price."""
    if promotion.kind is PromotionKind.PERCENTAGE:
        return round_half_up(price_minor * promotion.percent_bp, BASIS)
    return min(promotion.amount_minor, price_minor)


def shop_window_price(list_minor: int, promotions: Iterable[Promotion]) -> UnitPrice:
    """Return the best price that `promotions` (catalogue level, already selected for product and time) give."""
    ranked = sorted(promotions, key=lambda promotion: promotion.rank)
    stack: list[str] = []
    stacked_minor = list_minor
    for promotion in ranked:
        if not promotion.exclusive and (cut := unit_cut(promotion, stacked_minor)):
            stacked_minor -= cut
            stack.append(promotion.key)
    best = UnitPrice(list_minor, stacked_minor, tuple(stack))
    for promotion in ranked:
        if promotion.exclusive:
            alone = list_minor - unit_cut(promotion, list_minor)
            if alone < best.effective_minor:
                best = UnitPrice(list_minor, alone, (promotion.key,))
    return best
