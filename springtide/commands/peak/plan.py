"""`springtide peak plan FILE --out FOLDER`: from a shop's past to a plan, each stage said as it ends."""

import argparse
from datetime import date, timedelta
from pathlib import Path

import msgspec

from springtide.commands.output import aside, say
from springtide.commands.peak.options import DEMO
from springtide.commands.peak.past import Past, read_past
from springtide.commands.peak.scenario import levers_of, versions
from springtide.commands.peak.told import Watch, plan_in_words
from springtide.contexts.peak.domain.paths.calibrate import calibrate
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.plan.inputs import HISTORY, PlanInputs, hash_of
from springtide.contexts.peak.domain.plan.make import make_plan
from springtide.contexts.peak.domain.plan.minute import peak_minute_of
from springtide.contexts.peak.domain.plan.side import base_side
from springtide.contexts.peak.domain.season import LONGEST_SEASON_DAYS, Season
from springtide.contexts.peak.providers.company_files import read_company, read_documents
from springtide.contexts.peak.providers.plan_files import (
    hash_of_file,
    read_accuracy,
    read_calibration,
    read_counts,
    read_overrides,
    write_side,
)
from springtide.contexts.peak.providers.plan_inputs import check_currency
from springtide.contexts.peak.providers.plan_workbook import files_of
from springtide.contexts.peak.providers.snapshot import freeze
from springtide.contracts.peak.accuracy import ACCURACY_DOCUMENT
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.documents import with_terms
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Levers
from springtide.contracts.peak.plan import PlanRecord, PlanTerms, StockCount
from springtide.contracts.peak.snapshot import snapshot_hash
from springtide.contracts.peak.source import CALIBRATION_DOCUMENT
from springtide.demo.company import COMPANY_FOLDER, LEARNED_FOLDER
from springtide.demo.opening_stock import read_opening_stock
from springtide.settings import Settings

MOST_PATHS = 10_000
_IN_FOLDER = {
    "catalogue": "catalogue.csv",
    "visits": "visits.csv",
    "events": "events.toml",
    "calibration": CALIBRATION_DOCUMENT,
    "accuracy": ACCURACY_DOCUMENT,
    "overrides": "overrides.toml",
    "company": "company",
    "stock": "stock.csv",
    "inbound": "inbound.csv",
}
_HISTORIES = ("history.csv", "history.parquet", "history.xlsx")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Make the plan and write it down."""
    del settings
    look_into_folder(options)
    take_learned(options)
    options.currency = _currency(options)
    watch = Watch(options.currency)
    past = read_past(options)
    demand = past.demand
    watch.read("history", Phrase(key="plan.history", values={"days": demand.days, "products": len(demand.products)}))
    inputs = _inputs(options, past)
    made = make_plan(demand, inputs, watch)
    record = PlanRecord(terms=inputs.terms, hashes=dict(inputs.hashes), visits_counted=inputs.visits_counted)
    manifest = freeze(Path(options.out), made.plan, record, made.joint, demand)
    write_side(Path(options.out), base_side(made.joint, inputs))
    if options.format == "xlsx":
        for name, body in files_of(made.plan):
            (Path(options.out) / name).write_bytes(body)
    if options.json:
        say(msgspec.json.encode(made.plan).decode())
        return 0
    for line in plan_in_words(made.plan):
        say(line)
    aside(f"{watch.seconds:.1f} s in all; frozen in {options.out} as {snapshot_hash(manifest)[:16]}")
    return 0


def _currency(options: argparse.Namespace) -> str:
    """Return the currency of the company's books; raises InvalidPeakInput where the past is said to be in another."""
    company = read_company(_company(options)).basics.currency
    check_currency(options.currency or company, company)
    return company


def _company(options: argparse.Namespace) -> Path:
    return Path(options.company) if options.company else COMPANY_FOLDER


def look_into_folder(options: argparse.Namespace) -> None:
    """Take what lies in a folder under its usual name, unless an option names something else."""
    folder = Path(options.file)
    if options.file == DEMO or not folder.is_dir():
        return
    there = [folder / name for name in _HISTORIES if (folder / name).is_file()]
    if not there:
        message = f"there is no {' and no '.join(_HISTORIES)} in it"
        raise InvalidPeakInput.of([Mistake(where=options.file, rule="no_history", message=message)])
    options.file = str(there[0])
    for name, usual in _IN_FOLDER.items():
        if not getattr(options, name) and (folder / usual).exists():
            setattr(options, name, str(folder / usual))


def take_learned(options: argparse.Namespace) -> None:
    """Take calibration and accuracy from the folder of a back-test; the demo has its own."""
    folder = options.learned or (str(LEARNED_FOLDER) if options.file == DEMO else "")
    if folder:
        options.calibration = options.calibration or str(Path(folder) / CALIBRATION_DOCUMENT)
        options.accuracy = options.accuracy or str(Path(folder) / ACCURACY_DOCUMENT)


def _inputs(options: argparse.Namespace, past: Past) -> PlanInputs:
    demand = past.demand
    season = _season(options, demand.last)
    as_of = options.as_of or demand.last + timedelta(days=1)
    folder = _company(options)
    calibration = read_calibration(Path(options.calibration)) if options.calibration else calibrate(())
    overrides = read_overrides(Path(options.overrides)) if options.overrides else ()
    files = {} if options.file == DEMO else {"history": hash_of_file(Path(options.file))}
    company = read_company(folder)
    return PlanInputs(
        season=season,
        terms=with_terms(
            PlanTerms(
                as_of=as_of,
                company=company,
                calendar=past.calendar,
                calibration=calibration,
                accuracy=read_accuracy(Path(options.accuracy)) if options.accuracy else None,
                counts=_counts(options),
                roster_weeks=options.roster_weeks,
            ),
            read_documents(folder),
        ),
        edits=Edits(as_of=as_of, overrides=overrides, levers=levers_of(options, Levers())),
        quality=past.report,
        seed=options.seed,
        paths=options.paths,
        hashes={HISTORY: hash_of(demand), **files},
        versions=versions(),
        peak_minute=peak_minute_of(company, demand.burst),
        visits_counted=demand.visits is not None,
    )


def _counts(options: argparse.Namespace) -> tuple[StockCount, ...] | None:
    """Return the stock count; the demo shop has its opening stock, both locations together."""
    if options.stock:
        return read_counts(Path(options.stock), Path(options.inbound) if options.inbound else None)
    if options.file != DEMO:
        return None
    counts: dict[str, StockCount] = {}
    for row in read_opening_stock():
        before = counts[row.sku].on_hand if row.sku in counts else 0
        counts[row.sku] = StockCount(sku=row.sku, on_hand=before + row.on_hand, pack_size=row.pack_size)
    return tuple(counts.values())


def _season(options: argparse.Namespace, last: date) -> Season:
    """Return the season that was asked for; raises InvalidPeakInput naming everything that cannot be."""
    first = options.season_from or last + timedelta(days=1)
    rules = (
        ("season_days", 1 <= options.season_days <= LONGEST_SEASON_DAYS, f"1 to {LONGEST_SEASON_DAYS}"),
        ("paths", 1 <= options.paths <= MOST_PATHS, f"1 to {MOST_PATHS}"),
        ("seed", options.seed >= 0, "0 or more"),
        ("roster_weeks", options.roster_weeks >= 0, "0 or more"),
    )
    mistakes = [
        Mistake(where=f"--{name.replace('_', '-')}", rule=f"{name}_out_of_range", message=f"has to be {words}")
        for name, kept, words in rules
        if not kept
    ]
    if first <= last:
        message = f"the season begins after the history, which ends on {last}, not on {first}"
        mistakes.append(Mistake(where="--season-from", rule="season_in_the_past", message=message))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return Season(first=first, days=options.season_days, timezone=options.timezone)
