"""One register from the company's documents and the notes; its terms feed the other steps."""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from springtide.contracts.peak.company import CallCentre, Carrier, Company, Figure, Gateway, Supplier, Warehouse
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.partners import PARTNERS_DOCUMENT, Partner, PartnerKind, PartnerNote

_NOTED = (
    "contact",
    "escalation",
    "capacity",
    "agreed",
    "measured",
    "price",
    "plan_b",
    "plan_b_words",
    "last_drill",
    "drilled",
)


class Register:
    """Every partner by id; lookups answer None where nobody said, and raise KeyError for an unknown id."""

    def __init__(self, partners: Iterable[Partner]) -> None:
        self._partners = {partner.id: partner for partner in partners}

    def __iter__(self) -> Iterator[Partner]:
        return iter(self._partners.values())

    def __getitem__(self, id_: str) -> Partner:
        return self._partners[id_]

    def __contains__(self, id_: object) -> bool:
        return id_ in self._partners

    def of_kind(self, kind: PartnerKind) -> tuple[Partner, ...]:
        """Return all partners of a kind, in the order of the documents."""
        return tuple(partner for partner in self if partner.kind == kind)

    def service_level(self, id_: str) -> float | None:
        """Return what to plan with: the worse of agreed and measured, in the unit of the register."""
        partner = self[id_]
        known = [float(figure.value) for figure in (partner.agreed, partner.measured) if figure is not None]
        return min(known) if known else None

    def capacity(self, id_: str) -> float | None:
        """Return what is booked, in the unit of the register."""
        figure = self[id_].capacity
        return None if figure is None else float(figure.value)

    def price(self, id_: str) -> float | None:
        """Return the price, in the unit of the register."""
        figure = self[id_].price
        return None if figure is None else float(figure.value)

    def notice_days(self, id_: str) -> int | None:
        """Return how long ahead more has to be asked for."""
        return self[id_].notice_days

    def stand_in(self, id_: str) -> Partner | None:
        """Return who takes over."""
        plan_b = self[id_].plan_b
        return self[plan_b] if plan_b else None


def register_of(company: Company, notes: Iterable[PartnerNote], *, today: date) -> Register:
    """Return the register; raises InvalidPeakInput for notes about nobody, unknown stand-ins and drills to come."""
    partners = {partner.id: partner for partner in _of_company(company)}
    mistakes: list[Mistake] = []
    noted = list(notes)
    for note in noted:
        known = partners.get(note.id)
        if known is not None and note.kind is not None:
            mistakes.append(_mistake("known", f"{note.id} is already in the company's documents: leave out its kind"))
        elif known is not None:
            partners[note.id] = _with(known, note)
        elif note.kind is None:
            mistakes.append(_mistake("unknown_partner", f"{note.id} is in no document, so it needs a kind and a name"))
        else:
            partners[note.id] = _with(Partner(id=note.id, kind=note.kind, name=note.name), note)
    for note in noted:
        if note.plan_b and note.plan_b not in partners:
            mistakes.append(_mistake("plan_b", f"{note.plan_b}, who should stand in for {note.id}, is unknown"))
        if note.last_drill is not None and note.last_drill > today:
            mistakes.append(_mistake("drill", f"the last drill of {note.id} lies ahead, on {note.last_drill}"))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return Register(partners.values())


def _with(partner: Partner, note: PartnerNote) -> Partner:
    said = {name: value for name in _NOTED if (value := getattr(note, name))}
    if note.notice is not None:
        said["notice_days"] = int(note.notice.value)
    return msgspec.structs.replace(partner, **said)


def _of_company(company: Company) -> Iterator[Partner]:
    yield from map(_carrier, company.carriers)
    yield from (_warehouse(building) for building in company.warehouses if building.kind == "external")
    yield from map(_gateway, company.gateways)
    yield _call_centre(company.call_centre)
    yield from map(_supplier, company.suppliers)


def _carrier(carrier: Carrier) -> Partner:
    return Partner(
        id=carrier.id,
        kind=PartnerKind.CARRIER,
        name=carrier.name,
        capacity=carrier.daily_capacity,
        agreed=min(
            (product.on_time_usual for product in carrier.products), key=lambda figure: figure.value, default=None
        ),
        price=min((product.price for product in carrier.products), key=lambda figure: figure.value, default=None),
        notice_days=int(carrier.booking_lead.value),
    )


def _warehouse(building: Warehouse) -> Partner:
    return Partner(
        id=building.id,
        kind=PartnerKind.WAREHOUSE,
        name=building.name,
        capacity=building.capacity,
        price=building.price_per_order,
        notice_days=_days(building.notice),
    )


def _gateway(gateway: Gateway) -> Partner:
    return Partner(
        id=gateway.id,
        kind=PartnerKind.GATEWAY,
        name=gateway.name,
        capacity=gateway.rate_limit,
        agreed=gateway.authorisation_rate,
        price=gateway.percent_fee,
        notice_days=int(gateway.limit_lead.value),
    )


def _call_centre(centre: CallCentre) -> Partner:
    return Partner(
        id=centre.id,
        kind=PartnerKind.CALL_CENTRE,
        name=centre.name,
        capacity=centre.peak_seats,
        agreed=centre.target_answered,
        price=centre.price_per_minute,
        notice_days=int(centre.seat_notice.value),
    )


def _supplier(supplier: Supplier) -> Partner:
    return Partner(
        id=supplier.id, kind=PartnerKind.SUPPLIER, name=supplier.name, notice_days=int(supplier.lead_time_p90.value)
    )


def _days(figure: Figure | None) -> int | None:
    return None if figure is None else int(figure.value)


def _mistake(rule: str, message: str) -> Mistake:
    return Mistake(where=PARTNERS_DOCUMENT, rule=rule, message=message)
