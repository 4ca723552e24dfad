"""What the desk does by itself: it makes plans, follows the seasons that run, and takes in what was measured."""

from collections.abc import Sequence
from pathlib import Path

from springtide.contexts.peak.providers.run_files import evidence_folder
from springtide.contexts.peak.service.follow_seasons import FollowSeasons
from springtide.contexts.peak.service.run_plan import RunPlan
from springtide.contexts.peak.service.take_runs import TakeRuns
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.db import Database
from springtide.platform.wiring import Loop

_LOOK_EVERY_S = 1.0
_FOLLOW_EVERY_S = 60.0
_ASKED_EVERY_S = 2.0
_TAKE_EVERY_S = 5.0


def loops(db: Database, data_dir: Path, orders: OrdersApi, *, secret_key: str) -> Sequence[Loop]:
    """Return the loops of the desk."""
    seasons = FollowSeasons(db, orders, data_dir / "peak" / "plans")
    runs = TakeRuns(db, evidence_folder(data_dir), secret_key=secret_key)
    return [
        Loop(name="make_plans", every_s=_LOOK_EVERY_S, work=RunPlan(db, history_folder(data_dir)).next),
        Loop(name="follow_seasons", every_s=_FOLLOW_EVERY_S, work=seasons.ask),
        Loop(name="look_at_seasons", every_s=_ASKED_EVERY_S, work=seasons.look),
        Loop(name="take_runs", every_s=_TAKE_EVERY_S, work=runs.next),
    ]


def history_folder(data_dir: Path) -> Path:
    """Return where kept histories lie."""
    return data_dir / "peak" / "history"
