"""The process that makes one plan: `python -m springtide.contexts.peak.providers.plan_process`.

Takes one request line on standard input, tells what happens in lines on standard output. It gives way to everything
else on the machine, and ends with whoever started it.
"""

import os
import signal
import sys

import msgspec

from springtide.contexts.peak.providers.plan_messages import Failed, Message, PlanRequest
from springtide.contracts.peak.errors import Mistake
from springtide.platform.embedded.child import ask_for_death_signal
from springtide.platform.errors import SpringtideError

GIVES_WAY = 15


def main() -> int:
    """Make the plan; a refusal is told like any other message."""
    os.nice(GIVES_WAY)
    ask_for_death_signal(signal.SIGKILL)
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=PlanRequest)
    try:
        from springtide.contexts.peak.providers.plan_steps import run  # noqa: PLC0415 - after giving way

        run(request, _tell)
    except SpringtideError as refused:
        _tell(Failed(mistakes_in(refused)))
    return 0


def mistakes_in(refused: SpringtideError) -> tuple[Mistake, ...]:
    """Return what a refusal names, itself where it names nothing."""
    named = refused.facts.get("mistakes")
    if named:
        return tuple(msgspec.convert(named, list[Mistake]))
    return (Mistake(where="plan", rule=refused.code, message=refused.detail),)


def _tell(message: Message) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
