"""Order lines of a season, counted by the rules of the plan's own history and beside that history."""

from dataclasses import replace
from pathlib import Path

import msgspec
import polars as pl

from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.providers.actuals_file import read_actuals
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contexts.peak.providers.kept_files import kept_file
from springtide.contexts.peak.providers.season_messages import SalesRequest
from springtide.contracts.peak.actuals import Actuals
from springtide.contracts.peak.history import HistoryRule
from springtide.contracts.peak.source import HistorySource, decode_source


def count_sales(request: SalesRequest) -> Actuals:
    """Return what was sold; beside ready series, which passed no rule of ours, these lines pass none either.

    Raises InvalidPeakInput naming every broken row, OSError without the file.
    """
    source = decode_source(request.source.encode())
    past = past_of(source, Path(request.folder))
    keep = frozenset(source.keep if past else HistoryRule)
    actuals = read_actuals(Path(request.file), timezone=source.timezone, keep=keep, past=past, currency=source.currency)
    return msgspec.structs.replace(actuals, source=request.called)


def past_of(source: HistorySource, folder: Path) -> OrderLines | None:
    """Return the order lines a plan was made of, None where those were ready series."""
    lines = read_history_file(kept_file(folder, source.file), timezone=source.timezone, currency=source.currency)
    if not isinstance(lines, OrderLines):
        return None
    known = pl.lit(value=True) if source.until is None else pl.col("local").dt.date() <= source.until
    return replace(lines, frame=lines.frame.filter(known))
