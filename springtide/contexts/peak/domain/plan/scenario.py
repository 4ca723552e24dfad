"""A scenario put on a plan: its levers and overrides on the paths, its capacities and shares on the terms."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import msgspec

from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.plan.inputs import PlanInputs
from springtide.contracts.peak.company import Company, Figure, Named
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.partners import PartnerNote
from springtide.contracts.peak.paths import Levers
from springtide.contracts.peak.plan import PlanTerms
from springtide.contracts.peak.what_if import Scenario

_Partner = TypeVar("_Partner", bound=Named)
_EXTERNAL = "external"
_PERCENT = 100.0
_CAPACITIES = {
    "carriers": ("daily_capacity", "peak_capacity"),
    "gateways": ("rate_limit",),
    "warehouses": ("capacity",),
    "call_centre": ("seats", "peak_seats"),
}
"""Parts of a company whose capacity is bought from others, and the figures that say how much."""


def under(inputs: PlanInputs, scenario: Scenario) -> PlanInputs:
    """Return the inputs of a plan under a scenario; raises InvalidPeakInput for a partner nobody knows."""
    terms = terms_under(inputs.terms, scenario)
    return replace(inputs, terms=terms, edits=edits_under(inputs.edits, scenario))


def edits_under(edits: Edits, scenario: Scenario) -> Edits:
    """Return the edits with the scenario's levers multiplied on and its overrides added."""
    asked = msgspec.structs.asdict(scenario.levers)
    levers = {name: value * asked[name] for name, value in msgspec.structs.asdict(edits.levers).items()}
    return replace(edits, levers=Levers(**levers), overrides=(*edits.overrides, *scenario.overrides))


def terms_under(terms: PlanTerms, scenario: Scenario) -> PlanTerms:
    """Return the terms with other capacities and shares; raises InvalidPeakInput."""
    _refuse_unknown(terms, scenario.capacities)
    changed = msgspec.structs.replace(
        terms,
        company=_with_capacities(terms.company, scenario.capacities),
        partners=tuple(_note_scaled(note, scenario.capacities) for note in terms.partners),
    )
    if scenario.booked_at is not None:
        booked_at = _share(terms.fulfilment.booked_at, scenario.booked_at)
        changed = msgspec.structs.replace(
            changed, fulfilment=msgspec.structs.replace(terms.fulfilment, booked_at=booked_at)
        )
    if scenario.buffer_at is not None:
        budget = msgspec.structs.replace(terms.budget, buffer_at=scenario.buffer_at)
        changed = msgspec.structs.replace(changed, budget=budget)
    return changed


def capacities_of(terms: PlanTerms) -> tuple[str, ...]:
    """Return the ids of partners whose capacity can be changed: the company's, and those that only a note knows."""
    company = terms.company
    houses = (house for house in company.warehouses if house.kind == _EXTERNAL)
    of_company = [one.id for one in (*company.carriers, *company.gateways, *houses, company.call_centre)]
    return tuple(dict.fromkeys([*of_company, *(note.id for note in terms.partners if note.capacity is not None)]))


def _refuse_unknown(terms: PlanTerms, factors: Mapping[str, float]) -> None:
    known = capacities_of(terms)
    mistakes = [
        Mistake(where="scenario", rule="unknown_partner", message=f"{id_} is none of {', '.join(known)}")
        for id_ in factors
        if id_ not in known
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)


def _note_scaled(note: PartnerNote, factors: Mapping[str, float]) -> PartnerNote:
    """Return a note with its capacity changed: the register believes it before the company's documents."""
    factor = factors.get(note.id, 1.0)
    if note.capacity is None or factor == 1.0:
        return note
    return msgspec.structs.replace(note, capacity=_times(note.capacity, factor))


def _with_capacities(company: Company, factors: Mapping[str, float]) -> Company:
    return msgspec.structs.replace(
        company,
        carriers=tuple(_scaled("carriers", one, factors) for one in company.carriers),
        gateways=tuple(_scaled("gateways", one, factors) for one in company.gateways),
        warehouses=tuple(
            _scaled("warehouses", one, factors) if one.kind == _EXTERNAL else one for one in company.warehouses
        ),
        call_centre=_scaled("call_centre", company.call_centre, factors),
    )


def _scaled(part: str, partner: _Partner, factors: Mapping[str, float]) -> _Partner:
    factor = factors.get(partner.id, 1.0)
    if factor == 1.0:
        return partner
    figures = {name: _times(getattr(partner, name), factor) for name in _CAPACITIES[part]}
    return msgspec.structs.replace(partner, **figures)


def _times(figure: Figure, factor: float) -> Figure:
    value = figure.value * factor
    whole = round(value) if isinstance(figure.value, int) else value
    words = f"a scenario's {factor:g} times {figure.value:g}"
    return msgspec.structs.replace(figure, value=whole, source="", assumption=words)


def _share(figure: Figure, share: float) -> Figure:
    return msgspec.structs.replace(figure, value=share * _PERCENT, source="", assumption="a scenario's")
