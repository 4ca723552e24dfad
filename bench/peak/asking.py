"""`python -m bench.peak.asking PLAN`: what-ifs as the desk's process answers them, one after the other, each timed.

PLAN is what `springtide peak plan --out` wrote (`python -m bench.peak --data FOLDER` leaves one in FOLDER/plan). The
first question reads the plan, the others find it in memory; the same answers have the same hash on every machine.
"""

import argparse
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time

import msgspec

from bench.machine import described, in_a_line
from springtide.contexts.peak.providers.plan_files import read_side
from springtide.contexts.peak.providers.plan_messages import Message, PartMade
from springtide.contexts.peak.providers.question_messages import WhatIfRequest
from springtide.contexts.peak.providers.question_steps import Answers
from springtide.contracts.peak.paths import Levers
from springtide.contracts.peak.what_if import Scenario, WhatIf

_SCENARIOS = {
    "size and marketing, first question": Scenario(levers=Levers(size=1.1, marketing=1.3)),
    "size": Scenario(levers=Levers(size=1.2)),
    "discount on event days": Scenario(levers=Levers(discount=1.2)),
    "carriers booked at P80": Scenario(booked_at=0.8),
    "nothing": Scenario(),
}


def main(words: Sequence[str] | None = None) -> int:
    """Ask and print; 1 for a plan that was written without the side that what-ifs are compared with."""
    parser = argparse.ArgumentParser(prog="python -m bench.peak.asking", description="Time what-ifs of a plan.")
    parser.add_argument("plan", type=Path)
    folder = parser.parse_args(words).plan
    before = read_side(folder)
    if before is None:
        sys.stderr.write(f"{folder} has no side to compare with: make the plan again\n")
        return 1
    sys.stdout.write(f"{in_a_line(described())}\n")
    said: list[Message] = []
    answers = Answers(said.append)
    for name, scenario in _SCENARIOS.items():
        began, spent = perf_counter(), process_time()
        answers.to(WhatIfRequest(folder=str(folder), before=before, scenario=scenario))
        took, used = perf_counter() - began, process_time() - spent
        body = b"".join(message.body for message in said if isinstance(message, PartMade))
        said.clear()
        answer = msgspec.structs.replace(msgspec.json.decode(body, type=WhatIf), seconds=0.0)
        digest = sha256(msgspec.json.encode(answer)).hexdigest()[:16]
        sys.stdout.write(f"{name:<36}{took:6.2f} s {used:6.2f} s of CPU  {digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
