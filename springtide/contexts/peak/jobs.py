"""What the desk does by itself: it makes the plans that were ordered, one after the other."""

from collections.abc import Sequence
from pathlib import Path

from springtide.contexts.peak.service.run_plan import RunPlan
from springtide.platform.db import Database
from springtide.platform.wiring import Loop

_LOOK_EVERY_S = 1.0


def loops(db: Database, data_dir: Path) -> Sequence[Loop]:
    """Return the loops of the desk."""
    return [Loop(name="make_plans", every_s=_LOOK_EVERY_S, work=RunPlan(db, history_folder(data_dir)).next)]


def history_folder(data_dir: Path) -> Path:
    """Return where kept histories lie."""
    return data_dir / "peak" / "history"
