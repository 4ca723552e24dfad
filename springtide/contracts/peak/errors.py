"""What the peak desk refuses, and how it names each mistake."""

from collections.abc import Iterable
from typing import Self

import msgspec

from springtide.platform.errors import BadInput, Unprocessable


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: `where` it is (a file, a row, a field), the `rule` it breaks, and words for people.

    `row`: the line in the file, counted from 1 with the header as the first; 0 when no single row is to blame.
    """

    where: str
    rule: str
    message: str
    row: int = 0


class InvalidPeakInput(BadInput):
    """Files or figures that no plan can be made from; facts: mistakes (where, row, rule, message), all at once."""

    code = "invalid_peak_input"
    title = "The plan's input has mistakes"

    @classmethod
    def of(cls, mistakes: Iterable[Mistake]) -> Self:
        """Refuse for these mistakes; the detail says them in one sentence each."""
        found = list(mistakes)
        words = "; ".join(
            f"{mistake.where}{f', row {mistake.row}' if mistake.row else ''}: {mistake.message}" for mistake in found
        )
        return cls(words, mistakes=[msgspec.to_builtins(mistake) for mistake in found])

    @property
    def mistakes(self) -> list[Mistake]:
        """Return what is wrong, as it was named."""
        return msgspec.convert(self.facts["mistakes"], list[Mistake])


class Infeasible(Unprocessable):
    """Every input is valid, but no plan keeps all rules; facts: mistakes, the rules that cannot be kept together."""

    code = "peak_infeasible"
    title = "No plan keeps all rules"

    @classmethod
    def of(cls, mistakes: Iterable[Mistake]) -> Self:
        """Refuse because these rules cannot be kept together."""
        found = list(mistakes)
        return cls(_words(found), mistakes=[msgspec.to_builtins(mistake) for mistake in found])


class QuantilesDoNotAdd(Unprocessable):
    """Quantiles of products were to be added up: their sum is no quantile of the total. Ask the paths for the total."""

    code = "quantiles_do_not_add"
    title = "Quantiles of products do not add up to a quantile of their total"


def _words(mistakes: list[Mistake]) -> str:
    places = (f"{mistake.where}, row {mistake.row}" if mistake.row else mistake.where for mistake in mistakes)
    return "; ".join(f"{place}: {mistake.message}" for place, mistake in zip(places, mistakes, strict=True))
