"""What partners are booked for, where a note knows it better than the company's documents: every step plans with it."""

from collections.abc import Iterable

import msgspec

from springtide.contracts.peak.company import Company, Figure
from springtide.contracts.peak.partners import PartnerNote

_EXTERNAL = "external"


def as_booked(company: Company, notes: Iterable[PartnerNote]) -> Company:
    """Return the company with the capacities of the notes: the figures that the register shows as booked.

    A note in another unit than the company's documents leaves them as they are; the register shows it beside them.
    """
    known = {note.id: note.capacity for note in notes if note.capacity is not None}

    def booked(id_: str, figure: Figure) -> Figure:
        said = known.get(id_)
        return said if said is not None and said.unit == figure.unit else figure

    return msgspec.structs.replace(
        company,
        carriers=tuple(
            msgspec.structs.replace(one, daily_capacity=booked(one.id, one.daily_capacity)) for one in company.carriers
        ),
        gateways=tuple(
            msgspec.structs.replace(one, rate_limit=booked(one.id, one.rate_limit)) for one in company.gateways
        ),
        warehouses=tuple(
            msgspec.structs.replace(one, capacity=booked(one.id, one.capacity)) if one.kind == _EXTERNAL else one
            for one in company.warehouses
        ),
        call_centre=msgspec.structs.replace(
            company.call_centre, peak_seats=booked(company.call_centre.id, company.call_centre.peak_seats)
        ),
    )
