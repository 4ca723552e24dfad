"""What well-formed input looks like, and how a place is shown."""

from springtide.contexts.inventory.domain.places import Place
from springtide.contracts.inventory.api import InvalidStock, StockRow

MAX_QUANTITY = 1_000_000
_LONGEST_WORD = 100
_LONGEST_REASON = 500


def checked_word(field: str, word: str) -> str:
    """`InvalidStock` unless the word (a key, SKU, name) has 1 to 100 printable characters and no space around it."""
    if not 1 <= len(word) <= _LONGEST_WORD or word != word.strip() or not word.isprintable():
        msg = f"{field} has 1 to {_LONGEST_WORD} characters."
        raise InvalidStock(msg, field=field)
    return word


def checked_quantity(quantity: int, *, field: str = "quantity") -> int:
    """`InvalidStock` unless it is 1 to 1,000,000 units."""
    if not 1 <= quantity <= MAX_QUANTITY:
        msg = f"{field} is 1 to {MAX_QUANTITY:,} units."
        raise InvalidStock(msg, field=field)
    return quantity


def some_reason(reason: str) -> str:
    """`InvalidStock` unless a reason is given."""
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        msg = f"A reason has 1 to {_LONGEST_REASON} characters."
        raise InvalidStock(msg, field="reason")
    return reason


def show(place: Place) -> StockRow:
    """Return a place as callers see it."""
    return StockRow(
        sku=place.sku,
        location=place.location,
        supply=place.supply,
        on_hand=place.on_hand,
        held=place.held,
        claimed=place.claimed,
        inbound=place.inbound_units,
        available=max(0, place.available),
        low_stock_at=place.low_stock_at,
    )
