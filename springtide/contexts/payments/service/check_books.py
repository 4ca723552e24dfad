"""Compare our books with themselves and with every gateway's own."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.pauses import STUCK_AFTER_S
from springtide.contexts.payments.providers.port import Capability, LedgerEntry, Provider, ProviderError
from springtide.contexts.payments.service.tools import Tools
from springtide.contracts.common import Finding
from springtide.contracts.payments.api import LEDGER_UNREADABLE
from springtide.platform.db import Read

PAGE = 500
KINDS = ("authorised", "captured", "refunded", "voided")
Sums = dict[str, int]


class BookRow(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of an attempt in our rows, and what its ledger rows add up to."""

    attempt_id: UUID
    provider_ref: str
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    released_minor: int
    ledger_authorised_minor: int
    ledger_captured_minor: int
    ledger_refunded_minor: int
    ledger_voided_minor: int
    is_open: bool

    @property
    def attempt_sums(self) -> Sums:
        """Return the sums of the attempt row."""
        figures = (self.authorised_minor, self.captured_minor, self.refunded_minor, self.released_minor)
        return dict(zip(KINDS, figures, strict=True))

    @property
    def ledger_sums(self) -> Sums:
        """Return the sums of the ledger rows."""
        figures = (
            self.ledger_authorised_minor,
            self.ledger_captured_minor,
            self.ledger_refunded_minor,
            self.ledger_voided_minor,
        )
        return dict(zip(KINDS, figures, strict=True))


async def check_books(tools: Tools) -> tuple[Finding, ...]:
    """Return every difference; nothing is changed."""
    findings = []
    theirs = {}
    for name, provider in tools.registry.providers.items():
        if Capability.LIST_LEDGER not in provider.capabilities:
            continue
        try:
            theirs[name] = await _gateway_sums(provider)
        except ProviderError as error:
            findings.append(finding_of(LEDGER_UNREADABLE, name, error.code))
    async with tools.db.snapshot() as read:
        for name, provider in tools.registry.providers.items():
            rows = await read.all("check_gateway_sums", {"gateway": name}, row=BookRow)
            findings += own_differences(rows)
            if name in theirs:
                findings += _differences(name, provider, rows, theirs[name])
        findings += await stuck(read)
    return tuple(findings)


async def _gateway_sums(provider: Provider) -> dict[str, Sums]:
    """Read the gateway's own books: sums by our reference, or by the gateway's name where it does not know ours."""
    sums: dict[str, Sums] = defaultdict(lambda: dict.fromkeys(KINDS, 0))
    after: str | None = None
    while True:
        page = await provider.list_ledger(since_s=0, after=after, limit=PAGE)
        for entry in page.entries:
            sums[subject_of(entry)][entry.kind] += entry.amount_minor
        if page.next_after is None:
            return dict(sums)
        after = page.next_after


def subject_of(entry: LedgerEntry) -> str:
    """Return the name a gateway's entry is known by: ours, or the gateway's where it does not know ours."""
    return entry.merchant_reference or entry.provider_ref


def _differences(gateway: str, provider: Provider, rows: list[BookRow], theirs: dict[str, Sums]) -> list[Finding]:
    findings = []
    remaining = dict(theirs)
    none = dict.fromkeys(KINDS, 0)
    for row in rows:
        sums = remaining.pop(str(row.attempt_id), None) or remaining.pop(row.provider_ref, None) or none
        if not row.is_open:  # else it is still being settled: not a difference yet
            findings += gateway_differences(gateway, provider.ledger_kinds, row, sums)
    return findings + [unknown_here(gateway, subject, sums) for subject, sums in remaining.items()]


def gateway_differences(gateway: str, kinds: frozenset[str], row: BookRow, theirs: Sums) -> list[Finding]:
    """Compare an attempt's ledger rows with the gateway's sums, in the kinds that the gateway's books show."""
    return [
        finding_of(
            "payment_differs_from_gateway",
            row.attempt_id,
            f"{gateway}: {kind} {theirs[kind]} there, {row.ledger_sums[kind]} here",
        )
        for kind in KINDS
        if kind in kinds and theirs[kind] != row.ledger_sums[kind]
    ]


def unknown_here(gateway: str, subject: str, theirs: Sums) -> Finding:
    """Return the finding for money at a gateway that no attempt of ours asked for."""
    return finding_of("gateway_payment_unknown_here", subject, f"{gateway}: {_text(theirs)}")


def own_differences(rows: Iterable[BookRow]) -> list[Finding]:
    """Compare attempts with their own ledger rows."""
    return [
        finding_of(
            "attempt_differs_from_ledger",
            row.attempt_id,
            f"attempt {_text(row.attempt_sums)}, ledger {_text(row.ledger_sums)}",
        )
        for row in rows
        if row.attempt_sums != row.ledger_sums
    ]


async def stuck(read: Read) -> list[Finding]:
    """Return what stands still for too long, and rows that cannot be beside each other."""
    ((now,),) = await read.tuples("kernel_now")
    before = {"before": now - timedelta(seconds=STUCK_AFTER_S)}
    rules: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("ledger_without_attempt", "check_orphan_ledger", {}, "ledger rows of an attempt that does not exist"),
        ("checkout_paid_twice", "check_paid_twice", {}, "{1} attempts keep money, {2} captured"),
        ("payment_outcome_open_too_long", "check_stuck_attempts", before, "still {1}"),
        ("payment_operation_open_too_long", "check_stuck_operations", before, "{2} of {1}: {3}"),
        ("payment_not_undone", "check_not_undone", {}, "to be given back ({1}), still here"),
        ("gateway_message_parked_too_long", "check_parked_messages", before, "{1} speaks of {2}"),
    )
    return [
        finding_of(rule, row[0], text.format(*row))
        for rule, statement, params, text in rules
        for row in await read.tuples(statement, params)
    ]


def _text(sums: Sums) -> str:
    return ", ".join(f"{kind} {amount}" for kind, amount in sums.items() if amount) or "nothing"


def finding_of(rule: str, subject: object, detail: str) -> Finding:
    """Return a finding about anything with an id."""
    return Finding(rule=rule, subject=str(subject), detail=detail)
