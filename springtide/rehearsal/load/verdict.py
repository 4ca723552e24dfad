"""The verdict: limits and criteria of the scenario against what happened. What could not be looked at is said."""

from enum import StrEnum

import msgspec

from springtide.rehearsal.load.buying import COMPLETED, TRIED
from springtide.rehearsal.load.plan import Plan
from springtide.rehearsal.load.scenario import CLASSES
from springtide.rehearsal.load.tally import Tally


class State(StrEnum):
    """How a check came out."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_DONE = "not done"


class Check(msgspec.Struct, frozen=True):
    """One thing that had to be so: what was wanted, and what was found."""

    name: str
    state: State
    wanted: str
    found: str


class Books(msgspec.Struct, kw_only=True):
    """What the deployment's own books say of a run. `orders`: in them; `missing`: told to a buyer and not there;
    `twice`: orders with more than one charge, or charged more than their total; `looked`: at how many charges;
    `compared`: comparisons of `springtide check`, `findings`: its differences.
    """

    orders: int
    missing: list[str]
    twice: list[str]
    looked: int
    compared: int
    findings: list[str]


def verdict(plan: Plan, tally: Tally, *, workers: int, books: Books | None, why_not: str) -> list[Check]:
    """Return every check. `workers`: how many came to their end; `why_not`: why there are no books."""
    return [
        *_came(plan, tally, workers),
        *_latency(plan, tally),
        *_orders(plan, tally),
        *_promises(tally),
        *(_books(books) if books else _no_books(why_not)),
    ]


def has_passed(checks: list[Check]) -> bool:
    """Tell whether nothing failed; what was not done is no failure."""
    return all(check.state is not State.FAILED for check in checks)


def _check(name: str, is_so: bool, wanted: str, found: str) -> Check:  # noqa: FBT001 - the outcome itself
    return Check(name, State.PASSED if is_so else State.FAILED, wanted, found)


def _came(plan: Plan, tally: Tally, workers: int) -> list[Check]:
    full = tally.outcomes.get("not started: the generator is full", 0)
    arrived = tally.outcomes.get("arrived", 0)
    return [
        _check("all workers came to their end", workers == plan.workers, str(plan.workers), str(workers)),
        _check("every visitor found room in the generator", full == 0, f"{arrived:,}", f"{arrived - full:,}"),
    ]


def _latency(plan: Plan, tally: Tally) -> list[Check]:
    found = []
    for name in CLASSES:
        limit, kind = plan.scenario.limit_of(name), tally.kinds.get(name)
        if limit is None or kind is None:
            continue
        for share, wanted in ((0.95, limit.p95_ms), (0.99, limit.p99_ms)):
            took = kind.times.ms(share) or 0.0
            title = f"{name}: {share * 100:.0f} of 100 answers"
            found.append(_check(title, took <= wanted, f"within {wanted:,.0f} ms", f"{took:,.0f} ms"))
    return found


def _orders(plan: Plan, tally: Tally) -> list[Check]:
    criteria = plan.scenario.criteria
    tried, completed = tally.outcomes.get(TRIED, 0), tally.outcomes.get(COMPLETED, 0)
    requests, errors = tally.requests, tally.errors
    share = completed / tried if tried else 0.0
    reasons = [(count, name) for name, count in tally.outcomes.items() if name.startswith("not completed")]
    why = "; ".join(f"{count} {name}" for count, name in sorted(reasons, reverse=True)[:3])
    said = f"{completed:,} of {tried:,} ({share:.2%})" + (f": {why}" if why else "")
    kinds = [(kind.failed, name, next(iter(kind.errors), "")) for name, kind in tally.kinds.items() if kind.failed]
    which = "; ".join(f"{count} of {name} ({code})" for count, name, code in sorted(kinds, reverse=True)[:3])
    return [
        _check(
            "tries to buy that became orders",
            bool(tried) and share >= criteria.completed_share,
            f"at least {criteria.completed_share:.2%}, of at least one",
            said,
        ),
        _check(
            "requests without a proper answer",
            bool(requests) and errors / requests <= criteria.error_share,
            f"at most {criteria.error_share:.2%}",
            f"{errors:,} of {requests:,}" + (f": {which}" if which else ""),
        ),
    ]


def _promises(tally: Tally) -> list[Check]:
    told = len(tally.placed)
    found = []
    for rule in ("every success has its order", "pressed twice, bought once", "pays at a sandbox"):
        broken = [each for each in tally.broken if each.rule == rule]
        count = tally.outcomes.get(f"broken: {rule}", 0)
        said = f"{count} broken: {broken[0].subject}: {broken[0].detail}" if broken else "never broken"
        if rule == "every success has its order":
            said = f"{said}; {tally.checked:,} looks at {told:,} orders" if told else "no order to look at"
            found.append(_check(rule, not broken and tally.checked >= told, "an order for every answer", said))
        else:
            found.append(_check(rule, not broken, "always", said))
    return found


def _books(books: Books) -> list[Check]:
    missing = f"{len(books.missing)} missing: {books.missing[0]}" if books.missing else f"{books.orders:,} orders"
    twice = books.twice[0] if books.twice else f"{books.looked:,} orders looked at"
    findings = (
        f"{len(books.findings)} differences: {books.findings[0]}" if books.findings else f"{books.compared:,} compared"
    )
    return [
        _check("every order that was told is in the books", not books.missing, "all of them", missing),
        _check("nobody is charged twice", not books.twice, "one charge an order, at most its total", twice),
        _check("springtide check", not books.findings, "no differences", findings),
    ]


def _no_books(why_not: str) -> list[Check]:
    names = ("every order that was told is in the books", "nobody is charged twice", "springtide check")
    return [Check(name, State.NOT_DONE, "", why_not) for name in names]
