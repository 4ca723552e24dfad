"""What buyers were told, written down as they heard it: the drill's own side of every comparison."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Purchase:
    """One try to buy, as its buyer knows it.

    `told`: every step the shop named, in order. `success`: the first answer that said completed. `payment_id`:
    the gateway's name for what the buyer sent a form for. `asked`: body and key of the request to buy, for
    buyers who never heard what became of it. `told_at_s`: when they heard of success, by `time.monotonic`. Amounts in
    minor units.
    """

    buyer: int
    method: str
    lines: tuple[tuple[str, int], ...]
    total_minor: int
    currency: str
    cart_id: str
    token: str
    asked: tuple[dict[str, Any], str]
    checkout_id: str = ""
    told: list[str] = field(default_factory=list)
    success: dict[str, Any] | None = None
    told_at_s: float = 0.0
    payment_id: str = ""

    @property
    def order_id(self) -> str:
        """Return the id its order has, or would have."""
        return self.checkout_id


@dataclass(slots=True)
class Record:
    """Everything buyers and the clerk remember.

    `successes`: purchases whose buyer was told that they succeeded, in the order they were told. `broken`: promises
    seen to be broken on the spot, as rule, subject and text.
    """

    purchases: list[Purchase] = field(default_factory=list)
    successes: list[Purchase] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    gave_up: int = 0
    cancelled: set[str] = field(default_factory=set)
    shipped: set[str] = field(default_factory=set)
    broken: list[tuple[str, str, str]] = field(default_factory=list)

    def hear(self, purchase: Purchase, answer: dict[str, Any]) -> str:
        """Note an answer about a purchase; return the step it names."""
        step = str(answer["step"])
        purchase.checkout_id = str(answer["checkout_id"])
        if not purchase.told or purchase.told[-1] != step:
            purchase.told.append(step)
        if step == "completed" and purchase.success is None:
            purchase.success, purchase.told_at_s = answer, time.monotonic()
            self.successes.append(purchase)
        elif purchase.success is not None and (
            step != "completed" or answer["order_number"] != purchase.success["order_number"]
        ):
            self.broken.append(
                (
                    "a success answer is never taken back",
                    purchase.checkout_id,
                    f"first order {purchase.success['order_number']}, then {step} {answer.get('order_number', '')}",
                )
            )
        return step
