"""What a back-test leaves behind: `forecast.parquet`, `scores.json`, `calibration.json` and `accuracy.json`."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from springtide.contexts.peak.domain.backtest.draws import SHARES
from springtide.contexts.peak.domain.backtest.empirical import MEASURES
from springtide.contexts.peak.domain.backtest.run import Judged, Result
from springtide.contexts.peak.domain.forecast.groups import groups_of
from springtide.contracts.peak.accuracy import ACCURACY_DOCUMENT, kept
from springtide.contracts.peak.source import CALIBRATION_DOCUMENT
from springtide.platform.money import exponent

COLUMNS = ("date", "level", "key", "mean", "p01", "p10", "p50", "p90", "p99", "actual")


def write_back_test(
    folder: Path, result: Result, *, history: str, counted: bool, step_days: int = 1, currency: str = ""
) -> None:
    """Write the four files into a folder, which is made.

    `history`: the hash of what plans are made of. `counted`: orders and money are known beside units. `step_days`: 7
    where the history has weeks. `currency`: of its prices.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frame = forecast_frame(result.last, counted=counted, step_days=step_days, currency=currency)
    frame.write_parquet(folder / "forecast.parquet")
    write_json(folder / "scores.json", result.report)
    write_json(folder / CALIBRATION_DOCUMENT, result.report.calibration)
    (folder / ACCURACY_DOCUMENT).write_bytes(msgspec.json.encode(kept(result.report, history=history)) + b"\n")


def write_json(path: Path, value: msgspec.Struct) -> None:
    """Write a figure per line, so that two versions can be compared."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


def forecast_frame(judged: Judged, *, counted: bool, step_days: int = 1, currency: str = "") -> pl.DataFrame:
    """Return a row for each day of the horizon (each week, `step_days` 7), level and key, columns as in `COLUMNS`.

    Levels are total (keys units and, where `counted`, orders and revenue in units of the currency), category (where
    there are at least two) and product. Quantiles are ranks of the joint draws at that level. `actual` is null where
    nobody knows it: days that are still to come, and quantities that were left empty.
    """
    minor = 10.0 ** exponent(currency)
    levels = _levels(judged, counted=counted)
    return pl.concat([_frame(judged, *one, step_days=step_days, minor=minor) for one in levels])


def _levels(judged: Judged, *, counted: bool) -> Iterator[tuple[str, list[int], np.ndarray]]:
    origin = judged.origin
    groups = groups_of(judged.forecast.products)
    names = list(MEASURES) if counted else ["units"]
    came = np.where(origin.known.any(axis=0), 0.0, np.nan)
    yield "total", list(range(len(names))), np.stack([origin.totals[name] for name in names]) + came
    if groups.count > 1:
        yield "category", list(range(groups.count)), groups.sums(origin.actual.T).T + came
    yield "product", list(range(len(judged.forecast.products))), np.where(origin.known, origin.actual, np.nan)


def _frame(
    judged: Judged, level: str, keys: list[int], actual: np.ndarray, *, step_days: int, minor: float
) -> pl.DataFrame:
    quantiles = judged.drawn.levels[level, "day"]
    dates = np.array(judged.origin.season.dates, dtype="datetime64[D]")[::step_days]
    names = [
        MEASURES.get(quantiles.keys[key], quantiles.keys[key]) if level == "total" else quantiles.keys[key]
        for key in keys
    ]
    scale = np.array([1.0 / minor if (level, name) == ("total", "revenue") else 1.0 for name in names])[:, None]

    def column(values: np.ndarray) -> np.ndarray:
        flat: np.ndarray = (values[keys][:, ::step_days] * scale).ravel().astype(np.float64)
        return flat

    cells = {
        "date": np.tile(dates, len(keys)),
        "level": pl.repeat(level, len(keys) * dates.size, eager=True),
        "key": pl.Series(names, dtype=pl.String).repeat_by(dates.size).explode(),
        "mean": column(quantiles.mean),
        **{f"p{round(share * 100):02d}": column(at) for share, at in zip(SHARES, quantiles.at, strict=True)},
        "actual": column(actual),
    }
    frame = pl.DataFrame(cells, schema_overrides={"date": pl.Date, "key": pl.String})
    return frame.with_columns(pl.col("actual").fill_nan(None)).select(COLUMNS)
