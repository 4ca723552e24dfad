"""`springtide peak stock`: what to buy for the season, from a file of paths and a stock count."""

import argparse
from pathlib import Path

import msgspec

from springtide.commands.output import aside, say
from springtide.contexts.peak.domain.plan.goods import busiest_day, rows_of, without_demand
from springtide.contexts.peak.domain.stock.report import report_of
from springtide.contexts.peak.domain.stock.season import plan_stock
from springtide.contexts.peak.providers.company_files import read_company, read_stock_terms
from springtide.contexts.peak.providers.paths_file import read_paths
from springtide.contexts.peak.providers.stock_files import read_counts, write_season_buy_list
from springtide.demo.company import COMPANY_FOLDER
from springtide.demo.opening_stock import OPENING_STOCK_FILE
from springtide.settings import Settings


def run(_settings: Settings, options: argparse.Namespace) -> int:
    """Plan and write; the last line says what to do first."""
    folder = Path(options.company) if options.company else COMPANY_FOLDER
    company = read_company(folder)
    joint = read_paths(Path(options.paths))
    counts = read_counts(Path(options.stock) if options.stock else OPENING_STOCK_FILE)
    result = plan_stock(
        joint.products,
        rows_of(joint, company, counts),
        company,
        terms=read_stock_terms(folder),
        today=options.today,
        budget_minor=options.budget,
        seed=joint.seed,
    )
    plan = report_of(result, peak_day=busiest_day(joint))
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "stock.json").write_bytes(msgspec.json.format(msgspec.json.encode(plan)))
    write_season_buy_list(out / "buy_list.csv", plan)
    if strange := without_demand(joint, counts):
        aside(f"{strange} counted articles have no demand on the paths and are left out")
    say(f"Orders now        {len(plan.lines)} products, {plan.spend_minor} in minor units")
    say(f"Exceptions        {len(plan.exceptions)} products may sell out")
    lost, with_orders = plan.lost_margin_without.p50, plan.lost_margin_with.p50
    say(f"Margin lost       {lost:.0f} without orders, {with_orders:.0f} with these alone")
    say(f"Written           {out}")
    return 0
