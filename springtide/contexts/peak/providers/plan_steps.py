"""A plan from its documents: files are read, steps run in their order, every result is handed on in pages."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.providers.pages import pages_of
from springtide.contexts.peak.providers.plan_inputs import calendar_of, checked_documents, inputs_of, read_past
from springtide.contexts.peak.providers.plan_messages import Ended, Message, PlanRequest, Progress, StageEnded
from springtide.contracts.peak.source import SOURCE_DOCUMENT, decode_source

Tell = Callable[[Message], None]


def make_plan(request: PlanRequest, tell: Tell) -> None:
    """Make a plan; raises InvalidPeakInput naming every mistake."""
    documents = checked_documents(request)
    with _stage(tell, "history", 0.0):
        calendar = calendar_of(documents)
        past = read_past(decode_source(documents[SOURCE_DOCUMENT]), Path(request.folder), calendar)
        if past.report is not None:
            for page in pages_of("quality", past.report):
                tell(page)
    with _stage(tell, "inputs", 0.1):
        inputs_of(request, documents, calendar, past)
    tell(Ended(_figures(past.demand)))


@contextmanager
def _stage(tell: Tell, name: str, share: float) -> Iterator[None]:
    tell(Progress(name, share))
    began = time.monotonic()
    yield
    tell(StageEnded(name, round(time.monotonic() - began, 3)))


def _figures(demand: Demand) -> dict[str, float]:
    return {
        "history.days": float(demand.days),
        "history.orders": float(demand.orders.sum(dtype="float64")),
        "history.products": float(len(demand.products)),
    }
