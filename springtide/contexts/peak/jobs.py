"""What the desk does by itself: it makes plans one after the other, and follows the seasons that run."""

from collections.abc import Sequence
from pathlib import Path

from springtide.contexts.peak.service.follow_seasons import FollowSeasons
from springtide.contexts.peak.service.run_plan import RunPlan
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.db import Database
from springtide.platform.wiring import Loop

_LOOK_EVERY_S = 1.0
_FOLLOW_EVERY_S = 60.0
_ASKED_EVERY_S = 2.0


def loops(db: Database, data_dir: Path, orders: OrdersApi) -> Sequence[Loop]:
    """Return the loops of the desk."""
    seasons = FollowSeasons(db, orders, data_dir / "peak" / "plans")
    return [
        Loop(name="make_plans", every_s=_LOOK_EVERY_S, work=RunPlan(db, history_folder(data_dir)).next),
        Loop(name="follow_seasons", every_s=_FOLLOW_EVERY_S, work=seasons.ask),
        Loop(name="look_at_seasons", every_s=_ASKED_EVERY_S, work=seasons.look),
    ]


def history_folder(data_dir: Path) -> Path:
    """Return where kept histories lie."""
    return data_dir / "peak" / "history"
