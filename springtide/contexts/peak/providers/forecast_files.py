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

COLUMNS = ("date", "level", "key", "mean", "p01", "p10", "p50", "p90", "p99", "actual")
_MINOR = 100.0


def write_back_test(folder: Path, result: Result, *, history: str, counted: bool) -> None:
    """Write the four files into a folder, which is made.

    `history`: the hash of what plans are made of. `counted`: orders and money are known beside units.
    """
    folder.mkdir(parents=True, exist_ok=True)
    forecast_frame(result.last, counted=counted).write_parquet(folder / "forecast.parquet")
    write_json(folder / "scores.json", result.report)
    write_json(folder / CALIBRATION_DOCUMENT, result.report.calibration)
    (folder / ACCURACY_DOCUMENT).write_bytes(msgspec.json.encode(kept(result.report, history=history)) + b"\n")


def write_json(path: Path, value: msgspec.Struct) -> None:
    """Write a figure per line, so that two versions can be compared."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


def forecast_frame(judged: Judged, *, counted: bool) -> pl.DataFrame:
    """Return a row per day, level and key, with the columns of `COLUMNS`; days on which the shop is shut are left out.

    Levels are total (keys units and, where `counted`, orders and revenue in units of the currency), category (where
    there are at least two) and product. Quantiles are ranks of the joint draws at that level.
    """
    setting = judged.origin.answers.setting
    shown = (setting.calendar_ahead[: judged.origin.season.days] > 0) | (judged.origin.totals["units"] > 0)
    frames = [_frame(judged, level, keys, actual, shown) for level, keys, actual in _levels(judged, counted=counted)]
    return pl.concat(frames)


def _levels(judged: Judged, *, counted: bool) -> Iterator[tuple[str, list[int], np.ndarray]]:
    origin = judged.origin
    groups = groups_of(judged.forecast.products)
    names = list(MEASURES) if counted else ["units"]
    yield "total", list(range(len(names))), np.stack([origin.totals[name] for name in names])
    if groups.count > 1:
        yield "category", list(range(groups.count)), groups.sums(origin.actual.T).T
    yield "product", list(range(len(judged.forecast.products))), origin.actual


def _frame(judged: Judged, level: str, keys: list[int], actual: np.ndarray, shown: np.ndarray) -> pl.DataFrame:
    quantiles = judged.drawn.levels[level, "day"]
    dates = np.array(judged.origin.season.dates, dtype="datetime64[D]")[shown]
    names = [MEASURES.get(quantiles.keys[key], quantiles.keys[key]) for key in keys]
    scale = np.array([1.0 / _MINOR if name == "revenue" else 1.0 for name in names])[:, None]

    def column(values: np.ndarray) -> np.ndarray:
        flat: np.ndarray = (values[keys][:, shown] * scale).ravel().astype(np.float64)
        return flat

    cells = {
        "date": np.tile(dates, len(keys)),
        "level": [level] * (len(keys) * dates.size),
        "key": np.repeat(np.array(names, dtype=object), dates.size),
        "mean": column(quantiles.mean),
        **{f"p{round(share * 100):02d}": column(at) for share, at in zip(SHARES, quantiles.at, strict=True)},
        "actual": column(actual),
    }
    return pl.DataFrame(cells, schema_overrides={"date": pl.Date, "key": pl.String}).select(COLUMNS)
