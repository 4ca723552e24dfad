"""What a batch of checkout has locked, kept up to date while its members are decided, and what is to be written."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.checkout.store import CartRow, ProcessRow, cart_columns, move_columns, process_columns
from springtide.contracts.checkout.api import CartState, Step
from springtide.platform.batch import Batch, Tuples, rows


class CartLock(msgspec.Struct):
    """A locked cart as the members before have left it."""

    version: int
    state: CartState
    checkout_id: UUID | None

    def is_still(self, row: CartRow) -> bool:
        """Tell whether the cart is what an ask was prepared on."""
        return self.version == row.version


class ProcessLock(msgspec.Struct):
    """A locked process as the members before have left it."""

    step: Step
    step_no: int
    try_no: int
    due_at: datetime | None


class Locked:
    """The rows of a batch under their locks, and the writes its members came to."""

    def __init__(self, carts: Tuples, processes: Tuples) -> None:
        self.carts = {
            cart_id: CartLock(version=version, state=CartState(state), checkout_id=checkout_id)
            for cart_id, version, state, checkout_id in carts
        }
        self.processes = {
            checkout_id: ProcessLock(step=Step(step), step_no=step_no, try_no=try_no, due_at=due_at)
            for checkout_id, step, step_no, try_no, due_at in processes
        }
        self._made: list[CartRow] = []
        self._changed: dict[UUID, CartRow] = {}
        self._absorbed: list[UUID] = []
        self._states: set[UUID] = set()
        self._begun: list[ProcessRow] = []
        self._restarted: list[ProcessRow] = []
        self._moved: dict[UUID, ProcessRow] = {}

    def make_cart(self, row: CartRow) -> None:
        """Insert a cart."""
        self._made.append(row)

    def change_cart(self, row: CartRow) -> None:
        """Replace a locked cart by `row`, whose version is one higher."""
        self.carts[row.id].version = row.version
        self._changed[row.id] = row

    def absorb_cart(self, cart_id: UUID) -> None:
        """Close a locked cart that another took over."""
        lock = self.carts[cart_id]
        lock.version, lock.state = lock.version + 1, CartState.MERGED
        self._absorbed.append(cart_id)

    def set_cart_state(self, cart_id: UUID, state: CartState, checkout_id: UUID | None = None) -> None:
        """Move a locked cart to another state."""
        lock = self.carts[cart_id]
        lock.version, lock.state = lock.version + 1, state
        lock.checkout_id = checkout_id or lock.checkout_id
        self._states.add(cart_id)

    def begin(self, row: ProcessRow) -> None:
        """Insert a process, or start another try of one that is locked."""
        (self._begun if row.checkout_id not in self.processes else self._restarted).append(row)
        self._lock_as(row)

    def move(self, row: ProcessRow) -> None:
        """Move a locked process."""
        self._moved[row.checkout_id] = row
        self._lock_as(row)

    def _lock_as(self, row: ProcessRow) -> None:
        self.processes[row.checkout_id] = ProcessLock(
            step=row.step, step_no=row.step_no, try_no=row.try_no, due_at=row.due_at
        )

    def write(self, tx: Batch) -> None:
        """Leave the writes to the end of the batch: one statement for each kind of row."""
        begun = [*self._begun, *self._restarted]
        self._later(tx, "insert_carts", (cart_columns(row) for row in self._made))
        self._later(tx, "change_carts", (cart_columns(row) for row in self._changed.values()))
        if self._absorbed:
            tx.later("absorb_carts", {"ids": self._absorbed, "now": tx.now})
        self._later(tx, "set_cart_states", (self._state_columns(cart_id) for cart_id in self._states))
        self._later(tx, "insert_processes", (process_columns(row) for row in self._begun))
        self._later(tx, "restart_processes", (process_columns(row) for row in self._restarted))
        self._later(
            tx,
            "insert_attempts",
            ({"attempt_id": row.attempt_id, "checkout_id": row.checkout_id, "try_no": row.try_no} for row in begun),
        )
        self._later(tx, "move_processes", (move_columns(row) for row in self._moved.values()))

    def _state_columns(self, cart_id: UUID) -> dict[str, Any]:
        lock = self.carts[cart_id]
        return {"id": cart_id, "version": lock.version, "state": lock.state, "checkout_id": lock.checkout_id}

    @staticmethod
    def _later(tx: Batch, statement: str, columns: Iterable[dict[str, Any]]) -> None:
        of = list(columns)
        if of:
            tx.later(statement, {**rows(of), "now": tx.now})
