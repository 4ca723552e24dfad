"""A plan frozen in a folder: the plan, what it was made with, its paths and its history, and the hash of all four.

A frozen folder is never written again. Whoever reads one looks first whether it still is what was frozen.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.plan.again import inputs_again
from springtide.contexts.peak.domain.plan.make import make_plan
from springtide.contexts.peak.domain.plan.stages import Progress
from springtide.contexts.peak.providers.demand_file import read_demand, write_demand
from springtide.contexts.peak.providers.plan_files import (
    INPUTS_FILE,
    PATHS_FILE,
    PLAN_FILE,
    hash_of_file,
    plan_bytes,
    read_plan,
    write_plan,
)
from springtide.contexts.peak.providers.versions import versions
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.plan import Plan, PlanRecord
from springtide.contracts.peak.snapshot import SNAPSHOT_FILE, Manifest, snapshot_hash

DEMAND_FILE = "demand.npz"
FILES = (PLAN_FILE, INPUTS_FILE, PATHS_FILE, DEMAND_FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A frozen plan, whole. `sha256`: of everything in it, in hex."""

    plan: Plan
    record: PlanRecord
    joint: JointPaths
    sha256: str


def freeze(folder: Path, plan: Plan, record: PlanRecord, joint: JointPaths, demand: Demand) -> Manifest:
    """Write a plan with all it was made from, and the hash of it."""
    write_plan(folder, plan, record, joint)
    write_demand(demand, folder / DEMAND_FILE)
    manifest = Manifest(plan=plan.id, files={name: hash_of_file(folder / name) for name in FILES})
    (folder / SNAPSHOT_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    return manifest


def read_snapshot(folder: Path) -> Snapshot:
    """Read a frozen plan; raises InvalidPeakInput for one that was changed, or that never was frozen, OSError."""
    manifest = read_manifest(folder)
    plan, record, joint = read_plan(folder)
    return Snapshot(plan=plan, record=record, joint=joint, sha256=snapshot_hash(manifest))


def read_manifest(folder: Path) -> Manifest:
    """Return what was frozen; raises InvalidPeakInput naming every file that is not what it was, OSError."""
    path = folder / SNAPSHOT_FILE
    if not path.is_file():
        message = "this plan was never frozen: it was made by an older release or changed by a what-if"
        raise InvalidPeakInput.of([Mistake(where=str(folder), rule="not_frozen", message=message)])
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise InvalidPeakInput.of([Mistake(where=path.name, rule="not_readable", message=str(error))]) from error
    mistakes = [
        Mistake(where=name, rule="changed", message="the file is not what was frozen: take the snapshot again")
        for name in FILES
        if not (folder / name).is_file() or hash_of_file(folder / name) != manifest.files.get(name)
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return manifest


def make_again(folder: Path, progress: Progress) -> bytes:
    """Make a frozen plan again and return its plan.json; raises InvalidPeakInput, also for other libraries."""
    found = read_snapshot(folder)
    now = versions()
    mistakes = [
        Mistake(where=name, rule="other_version", message=f"the plan was made with {was}, here is {now.get(name)}")
        for name, was in found.plan.versions.items()
        if now.get(name) != was
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    inputs = inputs_again(found.plan, found.record, found.joint)
    return plan_bytes(make_plan(read_demand(folder / DEMAND_FILE), inputs, progress).plan)


def is_same(folder: Path, again: bytes) -> bool:
    """Return whether a plan that was made again is the frozen one, byte for byte."""
    return sha256(again).hexdigest() == read_manifest(folder).files[PLAN_FILE]
