"""The life of an attempt as a table, and what a gateway's word changes in it.

Sums only grow and states only move along the table. A word of the gateway that would take either back is older than
what is known (answers, lookups and messages overtake one another) and changes nothing.
"""

from typing import Literal

import msgspec

from springtide.contexts.payments.domain.view import PaymentState, PaymentView, Totals
from springtide.contracts.payments.api import AttemptState, LedgerKind

S = AttemptState

# Nothing is known for sure yet, or the buyer is at the bank: somebody has to look again.
OPEN = frozenset({S.STARTING, S.UNKNOWN, S.AWAITING_BUYER})
# Whether the gateway has heard of it is not known.
NOT_STARTED = frozenset({S.STARTING, S.UNKNOWN})
# Money is there.
MONEY = frozenset({S.AUTHORISED, S.CAPTURED})
# One attempt per checkout may be in one of these.
LIVE = OPEN | MONEY
# Given up without money. Money that arrives afterwards is late.
GIVEN_UP = frozenset({S.DECLINED, S.EXPIRED, S.CLOSED})
SETTLED = frozenset({S.VOIDED, S.REFUNDED})

TRANSITIONS: dict[AttemptState, frozenset[AttemptState]] = {
    S.STARTING: frozenset({S.AWAITING_BUYER, S.UNKNOWN}) | MONEY | GIVEN_UP | SETTLED,
    S.UNKNOWN: frozenset({S.AWAITING_BUYER}) | MONEY | GIVEN_UP | SETTLED,
    S.AWAITING_BUYER: MONEY | GIVEN_UP | SETTLED,
    S.DECLINED: MONEY | SETTLED,
    S.EXPIRED: MONEY | SETTLED,
    S.CLOSED: MONEY | SETTLED,
    S.AUTHORISED: frozenset({S.CAPTURED}) | SETTLED,
    S.CAPTURED: frozenset({S.REFUNDED}),
    S.VOIDED: frozenset(),
    S.REFUNDED: frozenset(),
}

Ending = Literal["", "closed", "expired"]


class ImpossibleTransition(RuntimeError):
    """A bug: the table has no such row."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What we know of an attempt. `ending`: we want it over without money, and what it will then be called."""

    state: AttemptState
    totals: Totals
    ending: Ending = ""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway's word changes: the new state and sums, the ledger rows, and whether the money is late."""

    state: AttemptState
    totals: Totals
    entries: tuple[tuple[LedgerKind, int], ...]
    late: bool


def settle(standing: Standing, view: PaymentView) -> Settled | None:
    """Return what the gateway's word changes, None when it is nothing new or older than what is known."""
    totals = _totals_after(standing.totals, view)
    state = _state_after(standing, view, totals)
    is_older = any(new < old for new, old in zip(_figures(totals), _figures(standing.totals), strict=True))
    if is_older or (state == standing.state and totals == standing.totals):
        return None
    if state != standing.state and state not in TRANSITIONS[standing.state]:
        return None
    return Settled(
        state=state,
        totals=totals,
        entries=_entries(standing.totals, totals),
        late=standing.state in GIVEN_UP and state in MONEY | SETTLED,
    )


def moved(state: AttemptState, to: AttemptState) -> AttemptState:
    """Return `to` when the table has the row; `ImpossibleTransition` otherwise. For our own decisions."""
    if to not in TRANSITIONS[state]:
        msg = f"{state} -> {to}"
        raise ImpossibleTransition(msg)
    return to


def printed_table() -> str:
    """Return the transitions as lines "from -> to, to", for docs and tests."""
    rows = [f"{state} -> {', '.join(sorted(to)) or 'nothing'}" for state, to in TRANSITIONS.items()]
    return "\n".join(rows)


def _totals_after(ours: Totals, view: PaymentView) -> Totals:
    """Complete what gateways leave out: a capture implies its authorisation, a void releases the rest."""
    authorised = max(view.authorised_minor, view.captured_minor + view.released_minor)
    released = view.released_minor
    if view.state is PaymentState.VOIDED:
        authorised = max(authorised, ours.authorised_minor)
        released = authorised - view.captured_minor
    return Totals(
        authorised_minor=authorised,
        captured_minor=view.captured_minor,
        refunded_minor=view.refunded_minor,
        released_minor=released,
    )


def _state_after(standing: Standing, view: PaymentView, totals: Totals) -> AttemptState:
    if totals.authorised_minor == 0:
        return _state_without_money(standing, view)
    if totals.uncaptured_minor > 0:
        return S.AUTHORISED
    if totals.captured_minor == 0:
        return S.VOIDED
    return S.REFUNDED if totals.refundable_minor == 0 else S.CAPTURED


def _state_without_money(standing: Standing, view: PaymentView) -> AttemptState:
    match view.state:
        case PaymentState.DECLINED:
            return S.DECLINED
        case PaymentState.EXPIRED:
            return S.EXPIRED
        case PaymentState.VOIDED:
            return S.EXPIRED if standing.ending == "expired" else S.CLOSED
    return S.AWAITING_BUYER


def _figures(totals: Totals) -> tuple[int, int, int, int]:
    return totals.authorised_minor, totals.captured_minor, totals.refunded_minor, totals.released_minor


def _entries(before: Totals, after: Totals) -> tuple[tuple[LedgerKind, int], ...]:
    kinds = (LedgerKind.AUTHORISED, LedgerKind.CAPTURED, LedgerKind.REFUNDED, LedgerKind.VOIDED)
    grown = zip(kinds, _figures(before), _figures(after), strict=True)
    return tuple((kind, new - old) for kind, old, new in grown if new > old)
