"""What moved: rows that are only added."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain.attempt import Settled
from springtide.contexts.payments.store.attempts import AttemptRow
from springtide.contracts.payments.api import CheckoutMoney, LedgerKind, PaymentLedgerRow
from springtide.platform.batch import Batch, rows
from springtide.platform.db import Read, Tx
from springtide.platform.ids import uuid7


class LedgerEntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger to be written."""

    id: UUID
    attempt_id: UUID
    checkout_id: UUID
    gateway: str
    kind: LedgerKind
    amount_minor: int
    currency: str
    provider_ref: str
    cause: str = ""


def ledger_rows(row: AttemptRow, entries: Iterable[tuple[LedgerKind, int]]) -> list[LedgerEntryRow]:
    """Return what moved of an attempt as rows of the ledger."""
    return [
        LedgerEntryRow(
            id=uuid7(),
            attempt_id=row.id,
            checkout_id=row.checkout_id,
            gateway=row.gateway,
            kind=kind,
            amount_minor=amount_minor,
            currency=row.currency,
            provider_ref=row.provider_ref,
        )
        for kind, amount_minor in entries
    ]


def append_ledger_rows(tx: Batch, entries: Sequence[LedgerEntryRow]) -> None:
    """Write what moved, with the commit."""
    tx.later("append_ledger_rows", {**rows(entries), "at": tx.now})


async def append_ledger(tx: Tx, row: AttemptRow, settled: Settled, cause: str) -> None:
    """Write what moved."""
    for kind, amount_minor in settled.entries:
        await tx.run(
            "append_ledger",
            {
                "id": uuid7(),
                "at": tx.now,
                "attempt_id": row.id,
                "checkout_id": row.checkout_id,
                "gateway": row.gateway,
                "kind": kind,
                "amount_minor": amount_minor,
                "currency": row.currency,
                "provider_ref": row.provider_ref,
                "cause": cause,
            },
        )


async def money_page(read: Read, after: UUID | None, limit: int) -> list[CheckoutMoney]:
    """Return sums per checkout by id."""
    return await read.all("money_of_checkouts", {"after": after, "limit": limit}, row=CheckoutMoney)


async def ledger_of(read: Read, checkout_id: UUID) -> list[PaymentLedgerRow]:
    """Return the ledger of a checkout, oldest first."""
    return await read.all("ledger_of_checkout", {"checkout_id": checkout_id}, row=PaymentLedgerRow)
