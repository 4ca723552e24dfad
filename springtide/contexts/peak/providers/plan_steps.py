"""A plan from its documents: files are read, steps run in their order, every result is handed on in pages."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.plan.assemble import Made
from springtide.contexts.peak.domain.plan.inputs import PlanInputs
from springtide.contexts.peak.domain.plan.make import make_plan
from springtide.contexts.peak.domain.plan.parts import pages_of, parts_of
from springtide.contexts.peak.domain.plan.side import base_side
from springtide.contexts.peak.providers.plan_inputs import calendar_of, checked_documents, inputs_of, read_past
from springtide.contexts.peak.providers.plan_messages import (
    Ended,
    FilePage,
    Message,
    PartMade,
    PlanRequest,
    Progress,
    StageEnded,
)
from springtide.contexts.peak.providers.plan_workbook import files_of
from springtide.contexts.peak.providers.snapshot import FILES, freeze
from springtide.contracts.peak.api import FILE, MOST_PART_BYTES
from springtide.contracts.peak.common import Band
from springtide.contracts.peak.plan import Plan, PlanRecord, StageDone
from springtide.contracts.peak.snapshot import SNAPSHOT_FILE, snapshot_hash
from springtide.contracts.peak.source import SOURCE_DOCUMENT, decode_source
from springtide.contracts.peak.what_if import SIDE

Tell = Callable[[Message], None]
_SHARES = {
    "history": 0.0,
    "forecast": 0.05,
    "paths": 0.35,
    "stock": 0.5,
    "staff": 0.7,
    "gateways": 0.9,
    "servers": 0.92,
    "budget": 0.94,
    "readiness": 0.97,
    "what_if": 0.975,
    "files": 0.98,
    "snapshot": 0.99,
}
"""How much of a plan is done when a stage begins: measured on the demo shop, told to whoever waits."""


def run(request: PlanRequest, tell: Tell) -> None:
    """Make a plan; raises InvalidPeakInput and Infeasible naming what stands in the way."""
    watch = _Watch(tell)
    documents = checked_documents(request)
    with watch.stage("history"):
        calendar = calendar_of(documents)
        past = read_past(decode_source(documents[SOURCE_DOCUMENT]), Path(request.folder), calendar)
        inputs = inputs_of(request, documents, calendar, past)
    made = make_plan(past.demand, inputs, watch)
    for page in parts_of(made.plan):
        tell(PartMade(page.step, page.page, page.body))
    with watch.stage("what_if"):
        for page in pages_of(SIDE, base_side(made.joint, inputs)):
            tell(PartMade(page.step, page.page, page.body))
    with watch.stage("files"):
        for name, body in files_of(made.plan):
            for number, start in enumerate(range(0, len(body), MOST_PART_BYTES)):
                tell(PartMade(f"{FILE}{name}", number, body[start : start + MOST_PART_BYTES]))
    with watch.stage("snapshot"):
        frozen = _tell_files(made, inputs, past.demand, tell)
    tell(Ended(figures_of(made.plan), frozen))


def _tell_files(made: Made, inputs: PlanInputs, demand: Demand, tell: Tell) -> str:
    """Hand on the files the plan is frozen in; return the hash of all of them."""
    record = PlanRecord(terms=inputs.terms, hashes=dict(inputs.hashes), visits_counted=inputs.visits_counted)
    with TemporaryDirectory(prefix="springtide-plan-") as temporary:
        folder = Path(temporary)
        manifest = freeze(folder, made.plan, record, made.joint, demand)
        for name in (SNAPSHOT_FILE, *FILES):
            body = (folder / name).read_bytes()
            for page, start in enumerate(range(0, len(body), MOST_PART_BYTES)):
                tell(FilePage(name, page, body[start : start + MOST_PART_BYTES]))
    return snapshot_hash(manifest)


class _Watch:
    """Tells when stages begin and how long they took."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._began = time.monotonic()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell of a stage of our own."""
        self.begins(name)
        yield
        self._ended(name)

    def begins(self, stage: str) -> None:
        """See `domain.plan.stages.Progress`."""
        self._began = time.monotonic()
        self._tell(Progress(stage, _SHARES.get(stage, 1.0)))

    def ends(self, done: StageDone) -> None:
        """See `domain.plan.stages.Progress`."""
        self._ended(done.stage)

    def _ended(self, stage: str) -> None:
        self._tell(StageEnded(stage, round(time.monotonic() - self._began, 3)))


def figures_of(plan: Plan) -> dict[str, float]:
    """Return the headline numbers of a plan, for lists and comparisons."""
    bands = {
        "orders": plan.paths.orders,
        "units": plan.paths.units,
        "revenue_minor": plan.paths.revenue_minor,
        "busiest_hour_orders": plan.paths.busiest_hour_orders,
        "budget_minor": plan.budget.total,
    }
    return {
        **{f"{name}.{rank}": value for name, band in bands.items() for rank, value in _ranks(band).items()},
        "budget_buffer_minor": float(plan.budget.buffer_minor),
        "readiness": float(plan.readiness.score),
        "decisions": float(len(plan.decisions)),
        "deadlines": float(len(plan.deadlines)),
        "products": float(plan.products),
    }


def _ranks(band: Band) -> dict[str, float]:
    return {"p50": band.p50, "p90": band.p90, "p99": band.p99}
