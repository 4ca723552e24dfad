r"""The completion process as a table a merchant could read: where it stands, what happened, where it goes.

open -> hold -> authorise [-> awaiting_buyer | unknown] -> claim -> place -> completed
           \ refused   \ declined / expired               \ undone: the money goes back, with the reason
"""

from enum import StrEnum

from springtide.contracts.checkout.api import Step
from springtide.contracts.payments.api import AttemptState


class Outcome(StrEnum):
    """What a step's work came to."""

    HELD = "held"
    NOT_HELD = "not_held"
    MONEY = "money"
    AT_THE_BANK = "at_the_bank"
    NOT_KNOWN = "not_known"
    NO_MONEY = "no_money"
    NOT_STARTED = "not_started"
    TOO_LATE = "too_late"
    GIVEN_BACK = "given_back"  # the buyer had approved, and the money was let go: in the moment the time was up
    CLAIMED = "claimed"
    GONE = "gone"
    PLACED = "placed"
    LATE_MONEY = "late_money"
    NOT_HELD_LATE = "not_held_late"


TRANSITIONS: dict[Step, dict[Outcome, Step]] = {
    Step.HOLD: {
        Outcome.HELD: Step.AUTHORISE,
        Outcome.NOT_HELD: Step.REFUSED,
        Outcome.NOT_HELD_LATE: Step.UNDONE,
    },
    Step.AUTHORISE: {
        Outcome.MONEY: Step.CLAIM,
        Outcome.AT_THE_BANK: Step.AWAITING_BUYER,
        Outcome.NOT_KNOWN: Step.UNKNOWN,
        Outcome.NO_MONEY: Step.DECLINED,
        Outcome.NOT_STARTED: Step.REFUSED,
        Outcome.TOO_LATE: Step.EXPIRED,
        Outcome.GIVEN_BACK: Step.UNDONE,
    },
    Step.AWAITING_BUYER: {
        Outcome.MONEY: Step.CLAIM,
        Outcome.NO_MONEY: Step.DECLINED,
        Outcome.TOO_LATE: Step.EXPIRED,
        Outcome.GIVEN_BACK: Step.UNDONE,
        Outcome.NOT_KNOWN: Step.UNKNOWN,
    },
    Step.UNKNOWN: {
        Outcome.MONEY: Step.CLAIM,
        Outcome.AT_THE_BANK: Step.AWAITING_BUYER,
        Outcome.NO_MONEY: Step.DECLINED,
        Outcome.TOO_LATE: Step.EXPIRED,
        Outcome.GIVEN_BACK: Step.UNDONE,
    },
    Step.CLAIM: {Outcome.CLAIMED: Step.PLACE, Outcome.GONE: Step.UNDONE},
    Step.PLACE: {Outcome.PLACED: Step.COMPLETED},
    Step.DECLINED: {Outcome.LATE_MONEY: Step.HOLD},
    Step.EXPIRED: {Outcome.LATE_MONEY: Step.HOLD},
    Step.REFUSED: {Outcome.LATE_MONEY: Step.HOLD},
    Step.UNDONE: {},
    Step.COMPLETED: {},
}

RUNNING = frozenset({Step.HOLD, Step.AUTHORISE, Step.CLAIM, Step.PLACE})
"""Steps at which nobody waits: a driver passes from one to the next without writing it down."""
FAILED = frozenset({Step.REFUSED, Step.DECLINED, Step.EXPIRED, Step.UNDONE})
FINAL = FAILED | {Step.COMPLETED}
ANSWERED = FINAL | {Step.AWAITING_BUYER}
"""Steps at which the buyer gets a final answer to the request that brought them there."""


class ImpossibleTransition(RuntimeError):
    """A bug: the table has no such row."""


def after(step: Step, outcome: Outcome) -> Step:
    """Return the next step; a transition that is not in the table raises `ImpossibleTransition`."""
    try:
        return TRANSITIONS[step][outcome]
    except KeyError:
        msg = f"{step} -> {outcome}"
        raise ImpossibleTransition(msg) from None


_OF_ATTEMPT = {
    AttemptState.STARTING: Outcome.NOT_KNOWN,
    AttemptState.UNKNOWN: Outcome.NOT_KNOWN,
    AttemptState.AWAITING_BUYER: Outcome.AT_THE_BANK,
    AttemptState.AUTHORISED: Outcome.MONEY,
    AttemptState.CAPTURED: Outcome.MONEY,
    AttemptState.DECLINED: Outcome.NO_MONEY,
    AttemptState.EXPIRED: Outcome.TOO_LATE,
    AttemptState.CLOSED: Outcome.TOO_LATE,
    AttemptState.VOIDED: Outcome.GIVEN_BACK,
    AttemptState.REFUNDED: Outcome.GIVEN_BACK,
}


def outcome_of(state: AttemptState) -> Outcome:
    """Return what an attempt's state means for the process."""
    return _OF_ATTEMPT[state]


def printed_table() -> str:
    """Return the transitions as lines "step + outcome -> step", for docs and tests."""
    rows = [f"{step} + {outcome} -> {to}" for step, row in TRANSITIONS.items() for outcome, to in row.items()]
    return "\n".join(rows)
