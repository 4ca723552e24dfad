"""Which gateway an attempt goes to: by market, method and amount, then by weight and health.

The choice is a hash of the attempt's id with each gateway's name, so a repeat chooses the same; over many attempts each
gateway gets the share of its weight, and a weight that changes moves only as many attempts as it has to.
"""

import math
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.health import Tally

LEAST_JUDGED = 10
_STEPS = ((0.95, 1.0), (0.80, 0.5), (0.0, 0.1))
"""Share of answers -> what is left of the weight. Coarse on purpose: a share must not flutter with every answer."""
_SLOW_SHARE, _SLOW_FACTOR = 0.2, 0.5
_HASHES = float(1 << 64)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway that serves a method in a market; amounts in minor units of the market's currency.

    `weight` 0: asked only when no other can be.
    """

    gateway: str
    weight: int = 100
    min_minor: int = 0
    max_minor: int | None = None


def takes(offer: Offer, amount_minor: int) -> bool:
    """Tell whether a gateway takes such an amount."""
    return offer.min_minor <= amount_minor and (offer.max_minor is None or amount_minor <= offer.max_minor)


def factor(tally: Tally) -> float:
    """Return what is left of a gateway's weight by its health: 1.0 in good health or while too little is known."""
    if tally.attempts < LEAST_JUDGED:
        return 1.0
    by_answers = next(left for least, left in _STEPS if tally.success_share >= least)
    is_slow = tally.slow >= tally.attempts * _SLOW_SHARE
    return by_answers * (_SLOW_FACTOR if is_slow else 1.0)


def ranked(offers: Sequence[Offer], attempt_id: UUID, factors: Mapping[str, float]) -> tuple[str, ...]:
    """Return gateways in the order to ask them: drawn by weight times factor; weight 0 last, in the order given."""
    if len(offers) == 1:
        return (offers[0].gateway,)
    drawn = [
        (_distance(attempt_id, offer.gateway, offer.weight * factors.get(offer.gateway, 1.0)), place)
        for place, offer in enumerate(offers)
    ]
    return tuple(offers[place].gateway for _, place in sorted(drawn))


def _distance(attempt_id: UUID, gateway: str, weight: float) -> float:
    """Return an exponential variate with the weight as its rate: the smallest of several wins by its share."""
    if weight <= 0:
        return math.inf
    digest = blake2b(attempt_id.bytes + gateway.encode(), digest_size=8).digest()
    uniform = (int.from_bytes(digest, "big") + 0.5) / _HASHES
    return -math.log(min(uniform, 1 - 2**-53)) / weight
