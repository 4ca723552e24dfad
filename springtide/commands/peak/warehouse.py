"""`springtide peak warehouse`: hours, crews, carriers and the external warehouse, from a file of paths."""

import argparse
from pathlib import Path

import msgspec

from springtide.commands.output import say
from springtide.contexts.peak.domain.fulfilment.plan import plan_fulfilment
from springtide.contexts.peak.domain.fulfilment.proofs import worst_days
from springtide.contexts.peak.domain.fulfilment.report import report_of
from springtide.contexts.peak.providers.company_files import read_company, read_fulfilment_terms
from springtide.contexts.peak.providers.fulfilment_files import write_bookings, write_house_days
from springtide.contexts.peak.providers.paths_file import read_paths
from springtide.demo.company import COMPANY_FOLDER
from springtide.settings import Settings


def run(_settings: Settings, options: argparse.Namespace) -> int:
    """Plan and write; the last line says what to do first."""
    folder = Path(options.company) if options.company else COMPANY_FOLDER
    company = read_company(folder)
    joint = read_paths(Path(options.paths))
    found = plan_fulfilment(
        joint.totals, company, read_fulfilment_terms(folder), closed=options.closed, seed=joint.seed
    )
    proofs = tuple(worst_days(joint.totals, found, seed=joint.seed))
    plan = report_of(found, company, proofs, today=options.today or joint.edits.as_of)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "fulfilment.json").write_bytes(msgspec.json.format(msgspec.json.encode(plan)))
    write_bookings(out / "bookings.csv", plan)
    write_house_days(out / "days.csv", plan)
    say(f"Parcels           {plan.parcels.p50:.0f} (P90 {plan.parcels.p90:.0f})")
    say(f"Miss their day    {plan.late_share.p50:.1%} (P90 {plan.late_share.p90:.1%})")
    say(f"Bookings          {len(plan.bookings)} carrier days above the contract")
    for worst in plan.worst_days:
        say(f"Busiest day {worst.path}   {worst.day}: {worst.in_time:.1%} +- {worst.half_width:.1%} packed in time")
    say(f"Written           {out}")
    return 0
