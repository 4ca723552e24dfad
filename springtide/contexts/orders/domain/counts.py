"""What may still be cancelled, shipped, refunded or returned: 0 <= returned <= refunded <= fulfilled, and
fulfilled + cancelled <= ordered, on every line, always.

`refunded` counts shipped units whose money went back. Goods that come back always bring the money back; if money went
back without goods before, the first goods to come back are taken to be those, so nothing is paid back twice.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from springtide.contracts.orders.api import InvalidOrder, LineUnknown, QuantityRefused


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one line; `line` counts from 1."""

    line: int
    ordered: int
    cancelled: int = 0
    fulfilled: int = 0
    returned: int = 0
    refunded: int = 0

    @property
    def unshipped(self) -> int:
        """Return how many units can still be shipped or cancelled."""
        return self.ordered - self.cancelled - self.fulfilled

    @property
    def paid_back(self) -> int:
        """Return for how many units the money went back, cancelled ones included."""
        return self.cancelled + self.refunded


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one line goes through: its new counts, the units asked for, the units whose money goes back."""

    line: Line
    units: int
    paid_back: int = 0


def cancel(lines: Sequence[Line], wanted: Mapping[int, int]) -> list[Step]:
    """Cancel unshipped units; {} means all that is left. `LineUnknown`, `QuantityRefused`, `InvalidOrder`."""

    def step(line: Line, units: int) -> Step:
        after = msgspec.structs.replace(line, cancelled=line.cancelled + units)
        return Step(line=after, units=units, paid_back=units)

    return _steps(lines, _all_unshipped(lines, wanted), lambda line: line.unshipped, step)


def ship(lines: Sequence[Line], wanted: Mapping[int, int]) -> list[Step]:
    """Ship units; {} means all that is left. `LineUnknown`, `QuantityRefused`, `InvalidOrder`."""

    def step(line: Line, units: int) -> Step:
        return Step(line=msgspec.structs.replace(line, fulfilled=line.fulfilled + units), units=units)

    return _steps(lines, _all_unshipped(lines, wanted), lambda line: line.unshipped, step)


def refund(lines: Sequence[Line], wanted: Mapping[int, int]) -> list[Step]:
    """Pay back shipped units without goods coming back. `LineUnknown`, `QuantityRefused`, `InvalidOrder`."""

    def step(line: Line, units: int) -> Step:
        after = msgspec.structs.replace(line, refunded=line.refunded + units)
        return Step(line=after, units=units, paid_back=units)

    return _steps(lines, wanted, lambda line: line.fulfilled - line.refunded, step)


def take_return(lines: Sequence[Line], wanted: Mapping[int, int]) -> list[Step]:
    """Book goods that came back. `LineUnknown`, `QuantityRefused`, `InvalidOrder`."""

    def step(line: Line, units: int) -> Step:
        returned = line.returned + units
        refunded = max(line.refunded, returned)
        after = msgspec.structs.replace(line, returned=returned, refunded=refunded)
        return Step(line=after, units=units, paid_back=refunded - line.refunded)

    if not wanted:
        msg = "Say which lines came back."
        raise InvalidOrder(msg, field="lines")
    return _steps(lines, wanted, lambda line: line.fulfilled - line.returned, step)


def _all_unshipped(lines: Sequence[Line], wanted: Mapping[int, int]) -> Mapping[int, int]:
    if wanted:
        return wanted
    left = {line.line: line.unshipped for line in lines if line.unshipped}
    if not left:
        msg = "Nothing is left to cancel or ship."
        raise QuantityRefused(msg, line=0, wanted=0, possible=0)
    return left


def _steps(
    lines: Sequence[Line],
    wanted: Mapping[int, int],
    possible: Callable[[Line], int],
    step: Callable[[Line, int], Step],
) -> list[Step]:
    by_number = {line.line: line for line in lines}
    steps = []
    for number, units in sorted(wanted.items()):
        line = by_number.get(number)
        if line is None:
            msg = f"The order has no line {number}."
            raise LineUnknown(msg, line=number)
        if units <= 0:
            msg = f"The quantity of line {number} must be at least 1."
            raise InvalidOrder(msg, field=f"lines.{number}")
        if units > possible(line):
            msg = f"Of line {number} at most {possible(line)} can be taken, not {units}."
            raise QuantityRefused(msg, line=number, wanted=units, possible=possible(line))
        steps.append(step(line, units))
    return steps
