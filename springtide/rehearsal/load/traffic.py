"""What visitors do: the stages of a visit, with the shares `scripts/online_shoppers.py` derived from real sessions.

A visit enters, looks at pages, and perhaps puts goods into a cart, gives its details, pays. The source counts pages and
seconds by kind and knows who bought; it does not know at which step of buying somebody left. Who came near and did not
buy is spread evenly over the three steps (cart, details, payment): an assumption, and marked as one in the file.
"""

import tomllib
from bisect import bisect_right
from functools import cache
from importlib import resources
from random import Random
from typing import Annotated

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]


class Traffic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How visits go. `pages` and `seconds`: quantiles of product pages a visit and of seconds a page, at equal steps
    from the smallest to the largest. Shares are of those who came to the stage before.
    """

    sessions: int
    bounce: Share
    pages: tuple[int, ...]
    seconds: tuple[float, ...]
    info: Share
    tries: Share
    cart_to_details: Share
    details_to_payment: Share
    payment_to_order: Share


@cache
def traffic_of(kind: str) -> Traffic:
    """Return the shipped figures of a kind of day; KeyError."""
    text = resources.files("springtide.rehearsal.scenarios").joinpath("traffic.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)[kind], Traffic)


KINDS = ("everyday", "peak")


def drawn(quantiles: tuple[int, ...] | tuple[float, ...], random: Random) -> float:
    """Draw a value from quantiles at equal steps, straight between two of them."""
    place = random.random() * (len(quantiles) - 1)
    low = int(place)
    return quantiles[low] + (quantiles[low + 1] - quantiles[low]) * (place - low)


class Weighted:
    """Draws one of several by weight, in logarithmic time."""

    __slots__ = ("_items", "_sums")

    def __init__(self, weights: dict[str, float]) -> None:
        self._items = tuple(weights)
        total, sums = 0.0, []
        for weight in weights.values():
            total += weight
            sums.append(total)
        self._sums = sums

    def draw(self, random: Random) -> str:
        """Return one."""
        return self._items[min(bisect_right(self._sums, random.random() * self._sums[-1]), len(self._items) - 1)]
