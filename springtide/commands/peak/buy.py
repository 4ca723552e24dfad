"""`springtide peak buy`: one review of any inventory problem, from five CSV files to quantities."""

import argparse
from pathlib import Path

from springtide.commands.output import aside, say
from springtide.contexts.peak.domain.stock.review import buy
from springtide.contexts.peak.providers.stock_files import BuyFiles, read_buy_input, write_buy_list
from springtide.settings import Settings


def run(_settings: Settings, options: argparse.Namespace) -> int:
    """Decide what to order at one review and write it down."""
    found = read_buy_input(
        BuyFiles(
            history=Path(options.history),
            stock=Path(options.stock),
            orders=Path(options.orders) if options.orders else None,
            calendar=Path(options.calendar),
            costs=Path(options.costs),
            on=options.on,
        )
    )
    choice = buy(found.history, found.review, found.position, found.terms, paths=options.paths, seed=options.seed)
    write_buy_list(Path(options.out), found, choice)
    aside(
        f"{len(found.history.skus)} products, {found.history.periods} periods of {found.history.step_days} days; "
        f"the order of {found.order_date} is sold from period {found.review.arrives + 1} after the history, "
        f"the next one from period {found.review.next_arrives + 1}"
    )
    say(
        f"Order {int(choice.quantity.sum())} units of {int((choice.quantity > 0).sum())} products "
        f"on {found.order_date}: {options.out}"
    )
    return 0
