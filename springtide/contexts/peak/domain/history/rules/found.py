"""How rules hand on what they found."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from springtide.contracts.peak.history import Exclusion, HistoryRule


@dataclass(slots=True)
class Found:
    """Exclusions so far; `keep` are the keys and rules taken back."""

    keep: AbstractSet[str]
    exclusions: list[Exclusion] = field(default_factory=list)

    def keeps(self, rule: HistoryRule, key: str) -> bool:
        """Return whether this exclusion, or all of its rule, is taken back."""
        return key in self.keep or rule in self.keep

    def kept(self, rule: HistoryRule, keys: pl.Expr) -> pl.Expr:
        """Return the same for a column of keys."""
        return pl.lit(value=True) if rule in self.keep else keys.is_in(sorted(self.keep))

    def lines(self, rule: HistoryRule, found: pl.DataFrame) -> None:
        """Add lines, one exclusion per key; columns key, subject, day, units, revenue."""
        grouped = (
            found.group_by("key", maintain_order=True)
            .agg(
                pl.col("subject").first(),
                pl.col("day").min().alias("first"),
                pl.col("day").max().alias("last"),
                pl.len().alias("lines"),
                pl.col("units").sum(),
                pl.col("revenue").sum(),
            )
            .sort("first", "key")
        )
        for key, subject, first, last, lines, units, revenue in grouped.iter_rows():
            self.exclusions.append(
                Exclusion(
                    key=key,
                    rule=rule,
                    subject=subject,
                    first=first,
                    last=last,
                    lines=lines,
                    units=round(units, 6),
                    revenue_minor=round(revenue, 2),
                    kept=self.keeps(rule, key),
                )
            )

    def days(self, rule: HistoryRule, subject: str, first: date, last: date, *, key: str = "") -> bool:
        """Add a stretch of days; return whether it is to be applied."""
        key = key or f"{rule}:{first}"
        kept = self.keeps(rule, key)
        self.exclusions.append(
            Exclusion(
                key=key,
                rule=rule,
                subject=subject,
                first=first,
                last=last,
                lines=0,
                units=0.0,
                revenue_minor=0.0,
                kept=kept,
            )
        )
        return not kept

    def unknown_keys(self) -> Iterator[str]:
        """Yield what was to be kept and is not there."""
        known = {exclusion.key for exclusion in self.exclusions} | {str(rule) for rule in HistoryRule}
        yield from sorted(self.keep - known)
