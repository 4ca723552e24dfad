"""`springtide peak risks`: what may go wrong, worst first, with what it costs on the paths."""

import argparse
from pathlib import Path

import msgspec

from springtide.commands.output import say
from springtide.contexts.peak.domain.partners.register import register_of
from springtide.contexts.peak.domain.risk.plan import plan_risks
from springtide.contexts.peak.providers.company_files import read_company, read_partner_notes, read_risks
from springtide.contexts.peak.providers.paths_file import read_paths
from springtide.contracts.peak.risk import RiskPlan
from springtide.demo.company import COMPANY_FOLDER
from springtide.settings import Settings


def run(_settings: Settings, options: argparse.Namespace) -> int:
    """Print the list; exit 1 with the mistakes named."""
    folder = Path(options.company) if options.company else COMPANY_FOLDER
    joint = read_paths(Path(options.paths))
    today = options.today or joint.edits.as_of
    register = register_of(read_company(folder), read_partner_notes(folder), today=today)
    peak = joint.totals.season.dates[int(joint.totals.daily_orders.mean(axis=0).argmax())]
    plan = plan_risks(joint.totals, read_risks(folder), register, today=today, peak=peak, seed=joint.seed)
    if options.json:
        say(msgspec.json.encode(plan).decode())
        return 0
    _tell(plan)
    return 0


def _tell(plan: RiskPlan) -> None:
    for ranked in plan.risks:
        risk = ranked.risk
        cost = "" if ranked.lost_orders is None else f"{ranked.lost_orders.mean:9.1f} orders, {ranked.chance:6.1%}"
        scores = f"{risk.severity:>2} {risk.likelihood:>2} {risk.detection:>2}"
        drill = "never drilled" if ranked.last_drill is None else f"drilled {ranked.last_drill}"
        say(f"{ranked.priority.value:<7} {scores}  {risk.name:<44} {cost:<26} {drill}")
    lost = plan.lost_orders
    say(f"Orders lost on average: {lost.mean:.0f}, in the worst season of a hundred {lost.p99:.0f}")
    for decision in plan.decisions[:1]:
        say(f"Decide first: {decision.what.values['action']}, by {decision.by}")
