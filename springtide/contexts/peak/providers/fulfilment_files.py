"""The fulfilment step as CSV."""

import csv
from pathlib import Path

from springtide.contracts.peak.fulfilment import FulfilmentPlan


def write_bookings(path: Path, plan: FulfilmentPlan) -> None:
    """Write one row per carrier and day above the contract's volume."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["carrier", "day", "due_p50", "due_p90", "booked", "option", "cap", "above_cap"])
        for booking in plan.bookings:
            due = (f"{booking.due.p50:.0f}", f"{booking.due.p90:.0f}")
            limits = (booking.booked, booking.option, booking.cap, booking.above_cap)
            writer.writerow([booking.carrier, booking.day, *due, *limits])


def write_house_days(path: Path, plan: FulfilmentPlan) -> None:
    """Write one row per warehouse and day."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["warehouse", "day", "orders_p50", "orders_p90", "shifts", "overtime_h", "pickers", "packers", "late_p90"]
        )
        for house in plan.houses:
            for day in house.days:
                orders = (f"{day.orders.p50:.0f}", f"{day.orders.p90:.0f}")
                crew = (day.shifts, f"{day.overtime_h:g}", day.pickers, day.packers)
                writer.writerow([house.warehouse, day.day, *orders, *crew, f"{day.late.p90:.0f}"])
