"""Small documents of a plan: where the history comes from, and the levers on the forecast."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar

import msgspec

from springtide.contracts.peak.company import Record
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Calibration, Levers
from springtide.contracts.peak.readable import read_json, read_toml, unreadable
from springtide.platform.zones import zone_named

SOURCE_DOCUMENT = "history.toml"
LEVERS_DOCUMENT = "levers.toml"
CALIBRATION_DOCUMENT = "calibration.json"
KEPT_FILE = re.compile(r"[0-9a-f]{64}\.(csv|csv\.gz|parquet|xlsx)")
"""A kept history is named by its content, so a plan's history never changes."""
KEPT_FILES = ("file", "catalogue", "visits", "stock", "inbound")
"""The fields of a source that name kept files; only the first has to."""
_LARGEST_LEVER = 1_000.0
_CURRENCY = re.compile(r"[A-Z]{3}")
_T = TypeVar("_T")


class HistorySource(Record, frozen=True):
    """Which file the past is read from, as `springtide peak load` kept it; the other files lie beside it.

    `catalogue`: sku, category. `visits`: date, visits. `stock`: sku, on_hand, pack. `inbound`: sku, quantity, arrives.

    `timezone` (IANA): the shop's. `keep`: exclusions and rules that the planner takes back. `until`: the last day that
    is read, None for all. `currency`: of the prices, as the company's; "": one with two decimals that nobody named.
    """

    file: str
    timezone: str = "Europe/London"
    catalogue: str = ""
    visits: str = ""
    stock: str = ""
    inbound: str = ""
    keep: tuple[str, ...] = ()
    about: str = ""
    until: date | None = None
    currency: str = ""


class HistoryFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was handed in (see `platform.uploads`): the SHA-256 of its bytes, and what its sender called it."""

    sha256: str
    name: str


class HistoryAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A past to be looked over before plans are made of it.

    `document`: `history.toml` as it would be; it may be without a `file` when one is given here. `files`: handed in, by
    field of the document. `from_shop`: the shop's own orders, categories, stock and what is on its way, as of now.
    """

    document: str
    files: dict[str, HistoryFile] = {}
    from_shop: bool = False


def decode_draft(document: bytes) -> HistorySource:
    """Read `history.toml` before its files are kept; raises InvalidPeakInput for what cannot be read at all."""
    raw = {"file": "", **_decode(SOURCE_DOCUMENT, document, dict[str, object])}
    try:
        return msgspec.convert(raw, HistorySource)
    except msgspec.ValidationError as error:
        raise unreadable(SOURCE_DOCUMENT, error) from error


def decode_source(document: bytes) -> HistorySource:
    """Read `history.toml`; raises InvalidPeakInput naming every mistake."""
    source = _decode(SOURCE_DOCUMENT, document, HistorySource)
    mistakes = list(_mistakes_of_source(source))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return source


def decode_levers(document: bytes) -> Levers:
    """Read `levers.toml`; raises InvalidPeakInput naming every mistake."""
    levers = _decode(LEVERS_DOCUMENT, document, Levers)
    mistakes = [
        Mistake(where=LEVERS_DOCUMENT, rule="lever", message=f"{name} lies above 0 and up to {_LARGEST_LEVER:g}")
        for name, value in msgspec.structs.asdict(levers).items()
        if not 0 < value <= _LARGEST_LEVER
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return levers


def decode_calibration(document: bytes) -> Calibration:
    """Read `calibration.json`, as `springtide peak backtest` writes it; raises InvalidPeakInput."""
    return read_json(CALIBRATION_DOCUMENT, document, Calibration)


def _decode(name: str, document: bytes, type_: type[_T]) -> _T:
    raw = read_toml(name, document, dict[str, Any])
    unknown = sorted(set(raw) - set(getattr(type_, "__struct_fields__", raw)))
    if unknown:
        raise InvalidPeakInput.of(
            Mistake(where=name, rule="not_readable", message=f"there is no field `{field}`") for field in unknown
        )
    try:
        return msgspec.convert(raw, type_, strict=False)
    except msgspec.ValidationError as error:
        raise unreadable(name, error) from error


def _mistakes_of_source(source: HistorySource) -> Iterator[Mistake]:
    for field in KEPT_FILES:
        name = getattr(source, field)
        if (name or field == "file") and not KEPT_FILE.fullmatch(name):
            message = f"{field} names no kept file: springtide peak load keeps one and says its name"
            yield Mistake(where=SOURCE_DOCUMENT, rule="unknown_file", message=message)
    if source.currency and not _CURRENCY.fullmatch(source.currency):
        message = f"a currency has three letters like EUR, not {source.currency}"
        yield Mistake(where=SOURCE_DOCUMENT, rule="currency", message=message)
    if zone_named(source.timezone) is None:
        message = f"there is no time zone {source.timezone}"
        yield Mistake(where=SOURCE_DOCUMENT, rule="unknown_timezone", message=message)
