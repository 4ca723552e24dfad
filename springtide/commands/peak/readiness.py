"""`springtide peak readiness FOLDER`: judge a plan again by the runs and documents there are by now.

Works on files alone: the plan that `springtide peak plan` wrote, a folder of runs, a file of what people show.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from springtide.commands.output import say
from springtide.commands.peak.words import words
from springtide.contexts.peak.domain.readiness.judge import Shown, judge_all
from springtide.contexts.peak.providers.plan_files import read_filed, read_plan
from springtide.contexts.peak.providers.run_files import read_folder
from springtide.contexts.peak.providers.seal import is_sealed
from springtide.contracts.peak.evidence import RunRow, SealedRun
from springtide.contracts.peak.readiness import ItemState, Readiness, Verdict
from springtide.settings import Settings

_BY_HAND = "file"


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print the page; exit 1 when the plan is not ready."""
    plan, _, _ = read_plan(Path(options.plan))
    frozen = plan.readiness
    default = datetime.now(UTC).date() if options.evidence or options.filed else frozen.on
    on = max(options.on or default, frozen.on)
    runs = read_folder(Path(options.evidence)) if options.evidence else ()
    filed = read_filed(Path(options.filed)) if options.filed else ()
    shown = Shown(
        filed=filed,
        runs=tuple(_row(sealed, settings.secret_key) for sealed in runs),
        findings=frozen.findings,
        needs=frozen.needs,
    )
    page = judge_all(shown, on=on, plan_day=plan.as_of + (on - frozen.on), deadlines=frozen.calendar)
    if options.json:
        say(msgspec.json.encode(page).decode())
    else:
        for line in _lines(page, plan.currency):
            say(line)
    return 0 if page.ready else 1


def _row(sealed: SealedRun, secret_key: str) -> RunRow:
    source = "product" if is_sealed(sealed, secret_key) else "hand"
    return RunRow(run=sealed.run, source=source, author=_BY_HAND, filed_at=sealed.run.at)


def _lines(page: Readiness, currency: str) -> Iterator[str]:
    verdict = "READY" if page.ready else f"NOT READY: {len(page.open_gates)} gates are open"
    yield f"{verdict}, score {page.score} of 100 on {page.on}"
    for question in page.questions:
        yield f"{'yes' if question.green else 'NO ':<4}{question.question}"
        for item in page.items:
            if item.question == question.question:
                yield from _item(item, page, currency)


def _item(item: ItemState, page: Readiness, currency: str) -> Iterator[str]:
    shown = item.evidence
    age = f", {shown.source}, {(page.on - shown.filed_on).days} d old" if shown else ""
    until = f", counts until {item.counts_until}" if item.counts_until else ""
    gate = "gate " if item.gate else "     "
    yield f"    {item.verdict:<8}{gate}{item.item}: {words(item.why, currency)}{age}{until}"
    if item.verdict is not Verdict.HOLDS:
        by = f" by {item.by}" if item.by else ""
        yield f"                 do{by}: {words(item.next_action, currency)}"
