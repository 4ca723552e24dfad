"""What is known of a season besides its sales: parcels, contacts, hours, money. `facts.toml`, `[[facts]]` each."""

from math import isfinite

from springtide.contracts.peak.company import Record, used_twice
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml

FACTS_DOCUMENT = "facts.toml"


class Fact(Record, frozen=True, kw_only=True):
    """A figure of the plan by its name ("fulfilment.late", "budget.goods") and what came.

    `over_minor`, `under_minor`: what a unit too much, or too little, against P50 has cost, in minor units.
    """

    figure: str
    actual: float
    over_minor: float = 0.0
    under_minor: float = 0.0
    source: str = ""


class _Facts(Record, frozen=True):
    facts: tuple[Fact, ...] = ()


def decode_facts(document: bytes) -> tuple[Fact, ...]:
    """Read `facts.toml`; raises InvalidPeakInput naming every mistake that the file shows by itself."""
    facts = read_toml(FACTS_DOCUMENT, document, _Facts).facts
    mistakes = list(used_twice(FACTS_DOCUMENT, [fact.figure for fact in facts]))
    mistakes += [
        Mistake(where=FACTS_DOCUMENT, rule="no_amount", message=f"{fact.figure} is {fact.actual}, not a number from 0")
        for fact in facts
        if not (isfinite(fact.actual) and fact.actual >= 0)
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return facts
