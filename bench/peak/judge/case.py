"""What a case is: keys x days that came, the file a stranger would hand in, and the day that is the last known one."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`units`: float64 (periods, keys), NaN where there is no row. `known`: periods up to the last known one.

    `step_days`: 1 or 7. `categories`: of each key, or empty. `lines`: order lines to hand in instead of the series, and
    `options` that go with them. `season`: periods that opponents take for a cycle; `year`: periods of a year.
    """

    name: str
    shape: str
    first: date
    step_days: int
    units: Floats
    known: int
    horizon: int
    categories: tuple[str, ...] = ()
    lines: pl.DataFrame | None = None
    options: tuple[str, ...] = ()
    keys: tuple[str, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Return the keys; made up where the case has none."""
        return self.keys or tuple(f"key{place:05}" for place in range(self.units.shape[1]))

    @property
    def season(self) -> int:
        """Return the cycle of opponents: a week of days, a year of weeks."""
        return 7 if self.step_days == 1 else 52

    @property
    def train_until(self) -> date:
        """Return the last day that is known."""
        return self.first + timedelta(days=self.known * self.step_days - 1)

    @property
    def past(self) -> Floats:
        """Return what opponents are fitted to, (known, keys); a missing row sold nothing."""
        return np.nan_to_num(self.units[: self.known])

    @property
    def came(self) -> Floats:
        """Return what came, (horizon, keys)."""
        return np.nan_to_num(self.units[self.known : self.known + self.horizon])

    def write(self, folder: Path) -> Path:
        """Write the file that is handed in; return it."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "past.parquet"
        (self.series() if self.lines is None else self.lines).write_parquet(path)
        return path

    def series(self) -> pl.DataFrame:
        """Return a row for each period and key that has one."""
        place, key = np.nonzero(np.isfinite(self.units))
        dates = np.datetime64(self.first, "D") + place * self.step_days
        table = pl.DataFrame({
            "date": dates,
            "key": np.array(self.names)[key],
            "quantity": self.units[place, key],
        })  # fmt: skip
        return table if not self.categories else table.with_columns(category=pl.Series(np.array(self.categories)[key]))
