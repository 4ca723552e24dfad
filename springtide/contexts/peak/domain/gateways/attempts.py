"""How many attempts and requests payment gateways see."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contracts.peak.company import PaymentHabits

_SECONDS_PER_HOUR = 3600.0
_CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentClass:
    """Orders paid with one method in one country. `requests`: to the gateway's API for each order, retries included."""

    method: str
    country: str
    share: float
    requests: float

    @property
    def name(self) -> str:
        """Return a name for people and rules."""
        return f"{self.method} in {self.country}"


def classes_of(habits: PaymentHabits) -> tuple[PaymentClass, ...]:
    """Return the classes of orders: requests = (1 + retries) x (calls + challenged x calls of a challenge)."""
    attempts = 1.0 + float(habits.retries.value)
    challenge = float(habits.challenged.value) / 100.0 * float(habits.calls_per_challenge.value)
    return tuple(
        PaymentClass(
            method=share.method,
            country=share.country,
            share=float(share.share.value) / 100.0,
            requests=attempts * (float(habits.calls_per_attempt.value) + (challenge if share.method == _CARD else 0.0)),
        )
        for share in habits.shares
    )


def busiest_second(totals: PathTotals) -> NDArray[np.float64]:
    """Return orders in the busiest second of every day, (paths, days): the peak minute of the day's fullest hour."""
    fullest: NDArray[np.float64] = totals.orders.max(axis=2).astype(np.float64)
    return fullest * totals.peak_minute / _SECONDS_PER_HOUR
