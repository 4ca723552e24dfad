"""A cart whose lines have prices and taxes: its rows, and what every shipping method would cost it.

Free shipping can make another combination of promotions the best one, so the combination depends on the charge; carts
without such a promotion work theirs out once.
"""

from collections.abc import Mapping, Sequence

import msgspec

from springtide.contexts.pricing.domain.cart_promotions import Applied, Buyer, CartLine, choose, cuts_by_line
from springtide.contexts.pricing.domain.money_rows import Tax, charge_by_tax, share_out, split_tax, taxed_row
from springtide.contexts.pricing.domain.promotions import Promotion
from springtide.contracts.pricing.api import (
    PriceMode,
    PromotionKind,
    QuotedLine,
    QuotedShipping,
    ShippingMethod,
    ShippingOption,
)


class PricedLine(msgspec.Struct, frozen=True):
    """A cart line with its tax, and the former unit price to show beside it (None: no reduction is announced).

    `line.key` makes ties independent of the order of lines.
    """

    line: CartLine
    former_minor: int | None
    tax: Tax


class PricedCart:
    """Lines, the promotions open to them, and rows for any shipping charge."""

    def __init__(
        self, priced: Sequence[PricedLine], promotions: Sequence[Promotion], customer_group: str, mode: PriceMode
    ) -> None:
        self.lines = [one.line for one in priced]
        self._priced = priced
        self._promotions = promotions
        self._group = customer_group
        self._mode = mode
        self._subtotal_minor = sum(line.amount_minor for line in self.lines)
        self._depends_on_charge = any(one.kind is PromotionKind.FREE_SHIPPING for one in promotions)
        self._combinations: dict[int, list[Applied]] = {}
        self._shipping: dict[str, tuple[QuotedShipping, ...]] = {}

    def buyer(self, charge_minor: int) -> Buyer:
        """Return the buyer as promotions see them."""
        return Buyer(customer_group=self._group, shipping_minor=charge_minor)

    def charge_minor(self, method: ShippingMethod) -> int:
        """Return a method's charge before promotions; free from its threshold of goods before cart discounts."""
        is_free = method.free_from_minor is not None and self._subtotal_minor >= method.free_from_minor
        return 0 if is_free else method.price_minor

    def applied(self, charge_minor: int) -> list[Applied]:
        """Return the promotions the cart gets with that shipping charge."""
        key = charge_minor if self._depends_on_charge else 0
        if key not in self._combinations:
            self._combinations[key] = choose(self.lines, self.buyer(key), self._promotions)
        return self._combinations[key]

    def line_rows(self, charge_minor: int) -> tuple[QuotedLine, ...]:
        """Return the goods' rows, in the order of the lines."""
        cuts = cuts_by_line(self.applied(charge_minor))
        return tuple(self._line_row(one, cuts) for one in self._priced)

    def shipping_rows(self, method: ShippingMethod) -> tuple[QuotedShipping, ...]:
        """Return a method's rows: its charge split over the goods' taxes, free shipping taken off."""
        if method.key not in self._shipping:
            self._shipping[method.key] = self._shipping_rows(method) if self._priced else ()
        return self._shipping[method.key]

    def _shipping_rows(self, method: ShippingMethod) -> tuple[QuotedShipping, ...]:
        charge = self.charge_minor(method)
        applied = self.applied(charge)
        cuts = cuts_by_line(applied)
        goods = [(one.tax, one.line.amount_minor - cuts.get(one.line.key, 0)) for one in self._priced]
        parts = charge_by_tax(charge, goods)
        keys = [f"{position:03}" for position in range(len(parts))]
        cut_by_key = share_out(
            sum(one.shipping_minor for one in applied),
            {key: part for key, (_, part) in zip(keys, parts, strict=True)},
        )
        return tuple(
            QuotedShipping(method=method.key, money=taxed_row(part, cut_by_key[key], tax, self._mode))
            for key, (tax, part) in zip(keys, parts, strict=True)
        )

    def option(self, method: ShippingMethod) -> ShippingOption:
        """Return what a method would cost this cart, VAT included, after promotions."""
        return ShippingOption(
            method=method.key,
            names=method.names,
            carrier=method.carrier,
            gross_minor=sum(row.money.gross_minor for row in self.shipping_rows(method)),
            days_min=method.days_min,
            days_max=method.days_max,
        )

    def _line_row(self, one: PricedLine, cuts: Mapping[str, int]) -> QuotedLine:
        line, former, rate = one.line, one.former_minor, one.tax.rate_bp
        unit_gross, _, _ = split_tax(line.unit_price_minor, rate, self._mode)
        return QuotedLine(
            sku=line.sku,
            quantity=line.quantity,
            unit_minor=unit_gross,
            was_minor=None if former is None else split_tax(former, rate, self._mode)[0],
            money=taxed_row(line.amount_minor, cuts.get(line.key, 0), one.tax, self._mode),
        )
