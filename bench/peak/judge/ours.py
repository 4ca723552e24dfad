"""What `springtide peak backtest` says of a case, read back from the file it wrote, with what it cost."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from bench.peak.judge.case import Case, Floats
from bench.peak.judge.opponents import Said

_QUANTILES = ("p10", "p50", "p90", "p99")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What it said; `seconds` of processor time and the most memory of the whole command; `noise` on standard error."""

    said: Said
    seconds: float
    megabytes: float
    noise: str


def run(case: Case, folder: Path) -> Run:
    """Hand the file in and wait; raises RuntimeError with its words where the command refuses."""
    out = folder / "out"
    words = [
        *(sys.executable, "-m", "springtide.cli", "peak", "backtest", str(case.write(folder))),
        *("--train-until", str(case.train_until), "--horizon-days", str(case.horizon * case.step_days)),
        *("--out", str(out), *case.options),
    ]
    with (folder / "said.txt").open("wb") as told, (folder / "noise.txt").open("wb") as noise:
        process = subprocess.Popen(words, stdout=told, stderr=noise)  # noqa: S603 - our own words
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    heard = (folder / "noise.txt").read_text()
    if process.returncode:
        raise RuntimeError(heard)
    cpu = used.ru_utime + used.ru_stime
    return Run(said=_said(case, out, cpu), seconds=cpu, megabytes=used.ru_maxrss / 1e3, noise=heard)


def _said(case: Case, out: Path, seconds: float) -> Said:
    table = pl.read_parquet(out / "forecast.parquet")
    products = table.filter(pl.col("level") == "product")
    total = table.filter((pl.col("level") == "total") & (pl.col("key") == "units")).sort("date")
    return Said(
        mean=_wide(case, products, "mean"),
        total=total["mean"].to_numpy(),
        at=np.stack([_wide(case, products, name) for name in _QUANTILES]),
        total_at=np.stack([total[name].to_numpy().astype(np.float64) for name in _QUANTILES]),
        seconds=seconds,
    )


def _wide(case: Case, products: pl.DataFrame, column: str) -> Floats:
    """Return a column as (horizon, keys), keys as in the case; a key that is not there is said to sell nothing."""
    wide = products.pivot("key", index="date", values=column).sort("date")
    values: Floats = np.stack(
        [
            wide[name].to_numpy().astype(np.float64) if name in wide.columns else np.zeros(wide.height)
            for name in case.names
        ],
        axis=1,
    )
    return values
