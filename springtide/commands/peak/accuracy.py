"""`springtide peak accuracy FILE`: rolling origins; methods are fixed on the first ones, the others are judged."""

import argparse
from datetime import timedelta

from springtide.commands.output import say
from springtide.commands.peak.backtest import judged_past, keep_and_tell
from springtide.contexts.peak.domain.backtest.cut import known_of
from springtide.contexts.peak.domain.backtest.origins import rolling
from springtide.contexts.peak.domain.backtest.run import Plan, back_test
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.settings import Settings

_WEEK = 7


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Write scores.json of all judged origins, and forecast.parquet of the last of them."""
    del settings
    past, history = judged_past(options)
    last = min(options.last_origin, past.demand.last - timedelta(days=_WEEK))
    origins = rolling(options.first_origin, last, every_days=options.every_days)
    if not origins or origins[0] <= past.demand.first:
        message = f"origins lie after {past.demand.first} and a week before {past.demand.last}"
        raise InvalidPeakInput.of([Mistake(where="--first-origin", rule="outside", message=message)])
    plan = Plan(
        source=options.file,
        horizon_days=options.horizon_days,
        fixed_on=tuple(origin for origin in origins if origin < options.fix_until),
        judged_on=tuple(origin for origin in origins if origin >= options.fix_until),
        seed=options.seed,
        paths=options.paths,
        engine=options.engine,
    )
    result = back_test(past.demand, plan, past.calendar, known=known_of(past.demand, past.ready, past.demand), tell=say)
    keep_and_tell(options, past, result, history=history)
    return 0
