"""The process that looks at one season, or reads what happened in it.

`python -m springtide.contexts.peak.providers.season_process` takes one request line on standard
input, answers with one line. It gives way to everything else on the machine, and ends with whoever started it.
"""

import os
import signal
import sys
from pathlib import Path

import msgspec

from springtide.contexts.peak.providers.plan_process import GIVES_WAY, mistakes_in
from springtide.contexts.peak.providers.season_messages import Looked, Request, SalesRequest, SeasonRequest
from springtide.platform.embedded.child import ask_for_death_signal
from springtide.platform.errors import SpringtideError


def main() -> int:
    """Look; a refusal is told like any other answer."""
    os.nice(GIVES_WAY)
    ask_for_death_signal(signal.SIGKILL)
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=Request)
    try:
        looked = _look(request) if isinstance(request, SeasonRequest) else _count(request)
    except SpringtideError as refused:
        looked = Looked(mistakes=mistakes_in(refused))
    sys.stdout.buffer.write(msgspec.json.encode(looked) + b"\n")
    return 0


def _look(request: SeasonRequest) -> Looked:
    from springtide.contexts.peak.domain.review.season import Known  # noqa: PLC0415 - after giving way
    from springtide.contexts.peak.providers.season_look import (  # noqa: PLC0415 - after giving way
        known_of,
        live_of,
        review_of,
    )
    from springtide.contexts.peak.providers.snapshot import read_snapshot  # noqa: PLC0415 - after giving way

    snapshot = read_snapshot(Path(request.folder))
    sold = known_of(snapshot, request.actuals)
    known = Known(facts=request.facts, told=request.told, bookings=request.bookings)
    review = review_of(snapshot, sold, known) if sold.whole_days else None
    return Looked(live=live_of(snapshot, sold), review=review)


def _count(request: SalesRequest) -> Looked:
    from springtide.contexts.peak.providers.sales_count import count_sales  # noqa: PLC0415 - after giving way
    from springtide.contexts.peak.providers.told_file import is_told, read_told  # noqa: PLC0415 - after giving way

    file = Path(request.file)
    return Looked(told=read_told(file)) if is_told(file) else Looked(actuals=count_sales(request))


if __name__ == "__main__":
    sys.exit(main())
