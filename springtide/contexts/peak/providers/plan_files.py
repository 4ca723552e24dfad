"""What a plan reads besides the history, and what it leaves behind: plan.json, inputs.json, paths.npz."""

from collections import defaultdict
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.providers.paths_file import read_paths, write_paths
from springtide.contexts.peak.providers.tables import Table
from springtide.contracts.peak.accuracy import KeptAccuracy
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Calibration, Override
from springtide.contracts.peak.plan import PLAN_FORMAT, Plan, PlanRecord, StockCount
from springtide.contracts.peak.readiness import Evidence
from springtide.contracts.peak.what_if import Side

PLAN_FILE, INPUTS_FILE, PATHS_FILE, SIDE_FILE = "plan.json", "inputs.json", "paths.npz", "side.json"
_T = TypeVar("_T")


class _Overrides(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    overrides: tuple[Override, ...] = ()


class _Shown(Evidence, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Evidence as people write it: a key that nobody knows is a mistake of theirs."""


class _Filed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    evidence: tuple[_Shown, ...] = ()


class _Format(msgspec.Struct, frozen=True):
    format: int


def read_overrides(path: Path) -> tuple[Override, ...]:
    """Read overrides from TOML, `[[overrides]]` each; raises InvalidPeakInput, OSError."""
    return _read_toml(path, _Overrides).overrides


def read_filed(path: Path) -> tuple[Evidence, ...]:
    """Read what people show from TOML, `[[evidence]]` each; raises InvalidPeakInput, OSError."""
    filed = _read_toml(path, _Filed).evidence
    mistakes = [
        Mistake(where=str(path), row=row, rule="not_by_hand", message=f"{one.source} is not filed by a file of people")
        for row, one in enumerate(filed, start=1)
        if one.source != "hand"
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return filed


def write_side(folder: Path, side: Side) -> None:
    """Write what what-ifs of the plan in this folder are compared with."""
    (folder / SIDE_FILE).write_bytes(msgspec.json.encode(side))


def read_side(folder: Path) -> Side | None:
    """Read what `write_side` wrote, None where it was not; raises InvalidPeakInput."""
    path = folder / SIDE_FILE
    return _decoded(path, Side) if path.is_file() else None


def read_calibration(path: Path) -> Calibration:
    """Read what a back-test wrote; raises InvalidPeakInput, OSError."""
    return _decoded(path, Calibration)


def read_accuracy(path: Path) -> KeptAccuracy:
    """Read what is kept of a back-test; raises InvalidPeakInput, OSError."""
    return _decoded(path, KeptAccuracy)


def read_counts(path: Path, inbound: Path | None) -> tuple[StockCount, ...]:
    """Read a stock count (sku, on_hand; pack) and what is on its way (sku, quantity, arrives).

    Raises InvalidPeakInput naming every row that is wrong, OSError.
    """
    mistakes: list[Mistake] = []
    coming = _inbound(Table.of(inbound, ("sku", "quantity", "arrives"), mistakes)) if inbound else {}
    counts: dict[str, StockCount] = {}
    table = Table.of(path, ("sku", "on_hand"), mistakes)
    for row in table.rows:
        sku, on_hand = row[1]["sku"].strip(), table.amount(row, "on_hand")
        pack = table.value(row, "pack", int) if row[1].get("pack", "").strip() else 1
        if sku in counts:
            table.wrong(row[0], "duplicate", f"{sku} stands here twice")
        if pack is not None and pack < 1:
            table.wrong(row[0], "pack_not_positive", f"{sku} comes in packs of {pack}")
        counts[sku] = StockCount(
            sku=sku, on_hand=int(on_hand or 0), pack_size=pack or 1, inbound=tuple(sorted(coming.get(sku, ())))
        )
    mistakes += [
        Mistake(where=str(inbound), rule="unknown_sku", message=f"{sku} is on its way and not in the stock count")
        for sku in sorted(coming.keys() - counts.keys())
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return tuple(counts.values())


def _inbound(table: Table) -> dict[str, list[tuple[date, int]]]:
    coming: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for row in table.rows:
        quantity, day = table.amount(row, "quantity"), table.value(row, "arrives", date.fromisoformat)
        if quantity is not None and day is not None:
            coming[row[1]["sku"].strip()].append((day, int(quantity)))
    return coming


def hash_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    return sha256(path.read_bytes()).hexdigest()


def write_plan(folder: Path, plan: Plan, record: PlanRecord, joint: JointPaths) -> None:
    """Write the three files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    write_paths(joint, folder / PATHS_FILE)
    (folder / INPUTS_FILE).write_bytes(_json(record))
    (folder / PLAN_FILE).write_bytes(plan_bytes(plan))


def plan_bytes(plan: Plan) -> bytes:
    """Return plan.json: of a plan as whoever reads it has it, so that one made again from what was read is the same."""
    return _json(msgspec.json.decode(msgspec.json.encode(plan), type=Plan))


def read_plan(folder: Path) -> tuple[Plan, PlanRecord, JointPaths]:
    """Read what `write_plan` wrote; raises InvalidPeakInput for files that are none or of another format, OSError."""
    found = _decoded(folder / PLAN_FILE, _Format).format
    if found != PLAN_FORMAT:
        message = f"the plan has format {found}, this release reads {PLAN_FORMAT}: make it again"
        raise InvalidPeakInput.of([Mistake(where=PLAN_FILE, rule="other_format", message=message)])
    plan = _decoded(folder / PLAN_FILE, Plan)
    return plan, _decoded(folder / INPUTS_FILE, PlanRecord), read_paths(folder / PATHS_FILE)


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _decoded(path: Path, type_: type[_T]) -> _T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=type_)
    except msgspec.DecodeError as error:
        raise InvalidPeakInput.of([Mistake(where=path.name, rule="not_readable", message=str(error))]) from error


def _read_toml(path: Path, type_: type[_T]) -> _T:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=type_)
    except msgspec.DecodeError as error:
        raise InvalidPeakInput.of([Mistake(where=path.name, rule="not_readable", message=str(error))]) from error
