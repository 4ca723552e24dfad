"""Which scenario a request meets, and whether its fault strikes this time."""

import sqlite3

import msgspec

from springtide.sandbox.model import CreatePayment, Name, Scenario


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which coming payments a planned scenario is for; a field left out matches all."""

    method: str | None = None
    merchant_reference: str | None = None
    amount_minor: int | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST /admin/scenarios``: the next ``times`` matching payments of ``account`` meet ``scenario``."""

    account: Name
    scenario: Scenario
    times: int = 1
    match: Match = Match()


def add_plan(cx: sqlite3.Connection, plan: Plan) -> None:
    """Remember a planned scenario; older plans are used up first."""
    cx.execute(
        "INSERT INTO plans (account, method, merchant_reference, amount_minor, times_left, scenario)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            plan.account,
            plan.match.method,
            plan.match.merchant_reference,
            plan.match.amount_minor,
            plan.times,
            msgspec.json.encode(plan.scenario),
        ),
    )


def scenario_of(cx: sqlite3.Connection, *, account: str, key: str, request: CreatePayment) -> Scenario:
    """Return the scenario of a create request; the choice is kept by key, so that a repeat meets the same one."""
    row = cx.execute("SELECT scenario FROM strikes WHERE account = ? AND key = ?", (account, key)).fetchone()
    if row is not None and row["scenario"] is not None:
        return msgspec.json.decode(row["scenario"], type=Scenario)
    chosen = request.scenario or _planned(cx, account, request)
    if chosen is None:
        return Scenario()
    cx.execute(
        "INSERT INTO strikes (account, key, scenario) VALUES (?, ?, ?)", (account, key, msgspec.json.encode(chosen))
    )
    return chosen


def strikes_now(cx: sqlite3.Connection, *, account: str, key: str, operation: str, scenario: Scenario) -> str:
    """Return the fault that strikes this request, or ""; each strike is counted against ``fault_times``."""
    if not scenario.fault or scenario.fault_on != operation:
        return ""
    cx.execute("INSERT INTO strikes (account, key) VALUES (?, ?) ON CONFLICT DO NOTHING", (account, key))
    counted = cx.execute(
        "UPDATE strikes SET struck = struck + 1 WHERE account = ? AND key = ? AND struck < ?",
        (account, key, scenario.fault_times),
    )
    return scenario.fault if counted.rowcount else ""


def _planned(cx: sqlite3.Connection, account: str, request: CreatePayment) -> Scenario | None:
    row = cx.execute(
        "SELECT seq, scenario FROM plans WHERE account = ? AND times_left > 0 AND coalesce(method, ?) = ?"
        " AND coalesce(merchant_reference, ?) = ? AND coalesce(amount_minor, ?) = ? ORDER BY seq LIMIT 1",
        (
            account,
            request.method,
            request.method,
            request.merchant_reference,
            request.merchant_reference,
            request.amount_minor,
            request.amount_minor,
        ),
    ).fetchone()
    if row is None:
        return None
    cx.execute("UPDATE plans SET times_left = times_left - 1 WHERE seq = ?", (row["seq"],))
    return msgspec.json.decode(row["scenario"], type=Scenario)
