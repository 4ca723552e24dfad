"""Getting the season's orders out of the door: hours and crews, backlog against cut-off, carriers booked per day.

Money in minor units of the company's currency, times local. `FulfilmentTerms` are figures that the documents of a
company do not have; the defaults are assumptions of ours and say so.
"""

from datetime import date

import msgspec

from springtide.contracts.peak.common import Band, Deadline, Decision
from springtide.contracts.peak.company import Figure, Record
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml

FULFILMENT_DOCUMENT = "fulfilment.toml"
"""The document of a company that has them; without it the defaults hold."""
_PERCENT = 100


class Zone(Record, frozen=True):
    """Where parcels go: a zone of the carriers' tariffs and the share of all parcels."""

    zone: str
    share: Figure


def _assumed(value: float, unit: str, assumption: str) -> Figure:
    return Figure(value=value, unit=unit, assumption=assumption)


class FulfilmentTerms(Record, frozen=True, kw_only=True):
    """What a plan supposes. `extra_shift_months`: months in which all shifts of a house work, else only the first.

    `booked_at`, `option_at`: ranks of the paths that carriers are booked and optioned at.
    """

    extra_shift_months: tuple[int, ...] = (10, 11, 12)
    efficiency: Figure = _assumed(85, "% of the rate", "breaks, aisles, missing goods; replace by own scans")
    overtime_hours: Figure = _assumed(2, "h/day", "what people accept for some weeks")
    overtime_rate: Figure = _assumed(150, "% of the wage", "time and a half")
    parcels_per_order: Figure = _assumed(1.06, "parcels/order", "split shipments of the event, not of the year")
    parcel_weight: Figure = _assumed(1900, "g", "mixed gifts; decides which services can carry a parcel")
    express_share: Figure = _assumed(6, "% of parcels", "buyers who pay for the next day")
    booked_at: Figure = _assumed(90, "% of the paths", "unused bookings are billed, so not the worst case")
    option_at: Figure = _assumed(99, "% of the paths", "an option costs little, a refused parcel a buyer")
    bad_year: Figure = Figure(
        value=40,
        unit="% of years",
        source="December on-time below 92 % in two of the five years 2021 to 2025 for one large carrier (ShipMatrix)",
    )
    zones: tuple[Zone, ...] = (
        Zone(
            "GB", _assumed(0.90, "of parcels", "share of orders from the United Kingdom, most of the rest from the EU")
        ),
        Zone("EU", _assumed(0.08, "of parcels", "share of orders from the European Union")),
        Zone("WW", _assumed(0.02, "of parcels", "share of orders from elsewhere")),
    )


def decode_fulfilment_terms(document: bytes) -> FulfilmentTerms:
    """Read the terms from TOML; raises InvalidPeakInput naming every mistake."""
    terms = read_toml(FULFILMENT_DOCUMENT, document, FulfilmentTerms)
    mistakes = [
        Mistake(where=FULFILMENT_DOCUMENT, rule=rule, message=message)
        for rule, is_wrong, message in (
            ("efficiency", terms.efficiency.value <= 0, "efficiency is not above 0"),
            ("parcels_per_order", terms.parcels_per_order.value <= 0, "parcels_per_order is not above 0"),
            ("parcel_weight", terms.parcel_weight.value <= 0, "parcel_weight is not above 0"),
            ("overtime_hours", terms.overtime_hours.value < 0, "overtime_hours is below 0"),
            ("express_share", not 0 <= terms.express_share.value <= _PERCENT, "express_share is not from 0 to 100 %"),
            ("bad_year", not 0 <= terms.bad_year.value <= _PERCENT, "bad_year is not from 0 to 100 %"),
            ("zones", not terms.zones, "there are no zones"),
            ("zone_share", any(zone.share.value < 0 for zone in terms.zones), "a zone's share is below 0"),
            ("months", not set(terms.extra_shift_months) <= set(range(1, 13)), "a month is not from 1 to 12"),
        )
        if is_wrong
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return terms


class HouseDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of a house: shifts and crew planned for P90, and what the paths then do. Closed days have no shifts.

    `orders`: placed for this house. `utilisation`: of the busier stage, mean over the paths. `late`: parcels that were
    promised to leave on this day and did not. `backlog`: orders not packed at midnight.
    """

    day: date
    shifts: int
    overtime_h: float
    pickers: int
    packers: int
    orders: Band
    utilisation: float
    late: Band
    backlog: Band


class HeatMap(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of each day, (days, 24). Utilisation from 0 to 1, -1 where the house is closed; backlog in orders.

    `ship_utilisation`: of the room of the carriers that collect in the hour, -1 where none does.
    """

    pick_utilisation: tuple[tuple[float, ...], ...]
    pack_utilisation: tuple[tuple[float, ...], ...]
    backlog_p50: tuple[tuple[float, ...], ...]
    backlog_p90: tuple[tuple[float, ...], ...]
    ship_utilisation: tuple[tuple[float, ...], ...] = ()


class House(msgspec.Struct, frozen=True, kw_only=True):
    """One warehouse over the season. `share`: of all orders, mean over the days it gets any.

    `cut_offs`: HH:MM until which an order leaves with a carrier the same day, by the carrier's name.
    """

    warehouse: str
    name: str
    kind: str
    share: float
    days: tuple[HouseDay, ...]
    heat: HeatMap
    cut_offs: dict[str, str] = {}


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels of one carrier on one day: what is due, what to book and to option, and what its cap leaves out."""

    carrier: str
    day: date
    due: Band
    booked: int
    option: int
    cap: int
    above_cap: int
    surcharge_minor: int


class LanePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels of one zone and speed: who carries them, `backup` for whom (ids; "" is nobody), share of all parcels.

    `on_time_good`, `on_time_bad`: share of the service delivered in time in a good and in a bad year.
    """

    zone: str
    is_express: bool
    carrier: str
    service: str
    backup: str
    share: float
    price_minor: int
    on_time_good: float
    on_time_bad: float


class CarrierDay(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier's day: parcels due, what it takes with bookings, and the share of its own that back-ups could take."""

    day: date
    due: Band
    takes: int
    covered: float


class CarrierPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier over the season. `covered_share`: of its parcels, what others could take if it failed, on the mean day

    and on the worst one. `on_time_good`, `on_time_bad`: share delivered in time in a good and in a bad year.
    `contract`: parcels a day that it takes without a booking.
    """

    carrier: str
    name: str
    parcels: Band
    cost: Band
    covered_share: float
    covered_worst: float
    on_time_good: float
    on_time_bad: float
    contract: int = 0
    days: tuple[CarrierDay, ...] = ()


class WorstDay(msgspec.Struct, frozen=True, kw_only=True):
    """The busiest day of a path, order by order: share of the orders in by the cut-off that are packed in time.

    `half_width`: of its 95 % interval over the replications. `fluid_share`: what the hourly model says.
    """

    path: str
    day: date
    orders: int
    in_time: float
    half_width: float
    fluid_share: float


class ExternalWeek(msgspec.Struct, frozen=True, kw_only=True):
    """A week's first day: orders to announce at the external house, by when, and what they cost."""

    first: date
    orders: int
    announce_by: date
    cost: Band


class FulfilmentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """From order to carrier, on the paths. `late`: parcels of the season that miss their day at the door."""

    first: date
    days: int
    paths: int
    houses: tuple[House, ...]
    carriers: tuple[CarrierPlan, ...]
    bookings: tuple[Booking, ...]
    external: tuple[ExternalWeek, ...]
    worst_days: tuple[WorstDay, ...]
    parcels: Band
    late: Band
    late_share: Band
    decisions: tuple[Decision, ...]
    deadlines: tuple[Deadline, ...]
    lanes: tuple[LanePlan, ...] = ()
