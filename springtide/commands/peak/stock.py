"""`springtide peak stock`: what to buy for the season, from a file of paths and a stock count."""

import argparse
from pathlib import Path

import msgspec

from springtide.commands.output import aside, say
from springtide.contexts.peak.domain.stock.counts import stock_step
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
    if not options.stock:
        known = set(joint.products.skus)
        counts = tuple(count for count in counts if count.sku in known)
    step = stock_step(
        joint.products,
        joint.forecast,
        counts,
        company,
        terms=read_stock_terms(folder),
        today=options.today or joint.edits.as_of,
        budget_minor=options.budget,
        seed=joint.seed,
    )
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "stock.json").write_bytes(msgspec.json.format(msgspec.json.encode(step.plan)))
    write_season_buy_list(out / "buy_list.csv", step.plan)
    for skus, words in ((step.counted.without_supplier, "no supplier"), (step.counted.not_counted, "no stock count")):
        if skus:
            aside(f"{len(skus)} products have {words} and are left out: {', '.join(skus[:5])}...")
    plan = step.plan
    say(f"Orders now        {len(plan.lines)} products, {plan.spend_minor} in minor units")
    say(f"Exceptions        {len(plan.exceptions)} products may sell out")
    lost, with_orders = plan.lost_margin_without.p50, plan.lost_margin_with.p50
    say(f"Margin lost       {lost:.0f} without orders, {with_orders:.0f} with them")
    say(f"Written           {out}")
    return 0
