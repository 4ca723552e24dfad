"""The process that looks at one season: `python -m springtide.contexts.peak.providers.season_process`.

Takes one request line on standard input, answers with one line. It gives way to everything else on the machine, and
ends with whoever started it.
"""

import os
import signal
import sys
from pathlib import Path

import msgspec

from springtide.contexts.peak.providers.plan_process import GIVES_WAY, mistakes_in
from springtide.contexts.peak.providers.season_messages import Looked, SeasonRequest
from springtide.platform.embedded.child import ask_for_death_signal
from springtide.platform.errors import SpringtideError


def main() -> int:
    """Look; a refusal is told like any other answer."""
    os.nice(GIVES_WAY)
    ask_for_death_signal(signal.SIGKILL)
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=SeasonRequest)
    try:
        looked = _look(request)
    except SpringtideError as refused:
        looked = Looked(mistakes=mistakes_in(refused))
    sys.stdout.buffer.write(msgspec.json.encode(looked) + b"\n")
    return 0


def _look(request: SeasonRequest) -> Looked:
    from springtide.contexts.peak.providers.season_look import (  # noqa: PLC0415 - after giving way
        known_of,
        live_of,
        review_of,
    )
    from springtide.contexts.peak.providers.snapshot import read_snapshot  # noqa: PLC0415 - after giving way

    snapshot = read_snapshot(Path(request.folder))
    sold = known_of(snapshot, request.actuals)
    review = review_of(snapshot, sold, request.facts) if sold.whole_days else None
    return Looked(live=live_of(snapshot, sold), review=review)


if __name__ == "__main__":
    sys.exit(main())
