"""What the desk does by itself: it makes plans, follows the seasons that run, takes in what was measured, and answers
questions.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from springtide.contexts.peak.providers.question_run import QuestionProcess
from springtide.contexts.peak.providers.run_files import evidence_folder
from springtide.contexts.peak.service.answer import AnswerQuestions
from springtide.contexts.peak.service.feed_seasons import FeedSeasons
from springtide.contexts.peak.service.follow_seasons import FollowSeasons
from springtide.contexts.peak.service.rooms import Rooms
from springtide.contexts.peak.service.run_plan import RunPlan
from springtide.contexts.peak.service.take_runs import TakeRuns
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.payments.api import PaymentsApi
from springtide.platform.db import Database
from springtide.platform.uploads import Uploads, uploads_folder
from springtide.platform.wiring import Ask, Loop

_LOOK_EVERY_S = 1.0
_FOLLOW_EVERY_S = 60.0
_ASKED_EVERY_S = 2.0
_TAKE_EVERY_S = 5.0
_ANSWER_EVERY_S = 0.5


def loops(
    db: Database, ask: Ask, data_dir: Path, process: QuestionProcess, *, secret_key: str, asked: asyncio.Event
) -> Sequence[Loop]:
    """Return the loops of the desk. `asked`: set when somebody asks a question in this process."""
    rooms = Rooms(
        db=db,
        ask=ask,
        kept=history_folder(data_dir),
        frozen=frozen_folder(data_dir),
        uploads=Uploads(uploads_folder(data_dir)),
    )
    feed = FeedSeasons(db, ask(OrdersApi), ask(PaymentsApi), history_folder(data_dir))
    seasons = FollowSeasons(db, feed, frozen_folder(data_dir))
    runs = TakeRuns(db, evidence_folder(data_dir), secret_key=secret_key)
    answers = AnswerQuestions(db, rooms, process)
    return [
        Loop(name="make_plans", every_s=_LOOK_EVERY_S, work=RunPlan(db, history_folder(data_dir)).next),
        Loop(name="follow_seasons", every_s=_FOLLOW_EVERY_S, work=seasons.ask),
        Loop(name="look_at_seasons", every_s=_ASKED_EVERY_S, work=seasons.look),
        Loop(name="take_runs", every_s=_TAKE_EVERY_S, work=runs.next),
        Loop(name="answer_questions", every_s=_ANSWER_EVERY_S, work=answers.next, bell=asked),
    ]


def frozen_folder(data_dir: Path) -> Path:
    """Return where files of plans are laid out for those who work on them."""
    return data_dir / "peak" / "plans"


def history_folder(data_dir: Path) -> Path:
    """Return where kept histories lie."""
    return data_dir / "peak" / "history"
