"""The process that answers questions: `python -m springtide.contexts.peak.providers.question_process`.

A line on standard input is a question, lines on standard output are the answer, the last one `Ended` or `Failed`. It
keeps the plan it was last asked about, gives way to everything else, and ends with whoever started it.
"""

import os
import signal
import sys

import msgspec

from springtide.contexts.peak.providers.plan_messages import Failed, Message
from springtide.contexts.peak.providers.plan_process import GIVES_WAY, mistakes_in
from springtide.contexts.peak.providers.question_messages import Question
from springtide.platform.embedded.child import ask_for_death_signal
from springtide.platform.errors import SpringtideError


def main() -> int:
    """Answer until nobody asks any more; a refusal is an answer like any other."""
    os.nice(GIVES_WAY)
    ask_for_death_signal(signal.SIGKILL)
    from springtide.contexts.peak.providers.question_steps import Answers  # noqa: PLC0415 - after giving way

    answers = Answers(_tell)
    for line in sys.stdin.buffer:
        try:
            answers.to(msgspec.json.decode(line, type=Question))
        except SpringtideError as refused:
            _tell(Failed(mistakes_in(refused)))
    return 0


def _tell(message: Message) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
