"""Capacities of a scenario: whoever the register knows with one can be asked about, whichever document says it."""

from datetime import date

import pytest

from springtide.contexts.peak.domain.partners.booked import as_booked
from springtide.contexts.peak.domain.partners.register import register_of
from springtide.contexts.peak.domain.paths.calibrate import calibrate
from springtide.contexts.peak.domain.plan.scenario import capacities_of, terms_under
from springtide.contracts.peak.calendar import EventCalendar
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.partners import decode_partner_notes
from springtide.contracts.peak.plan import PlanTerms
from springtide.contracts.peak.what_if import Scenario
from springtide.demo.company import load_company

TODAY = date(2011, 9, 1)
NOTES = b"""
[[partners]]
id = "night-desk"
kind = "call_centre"
name = "Night desk"
capacity = { value = 8, unit = "seats", assumption = "offer of August" }

[[partners]]
id = "parcelpost"
capacity = { value = 1200, unit = "parcels/day", assumption = "booked by telephone" }

[[partners]]
id = "midland-staff"
kind = "agency"
name = "Midland Staffing"
"""


def terms() -> PlanTerms:
    return PlanTerms(
        as_of=TODAY,
        company=load_company(),
        calendar=EventCalendar(regions=("GB",)),
        calibration=calibrate(()),
        partners=decode_partner_notes(NOTES),
    )


def test_a_partner_that_only_a_note_knows_can_be_booked_for_more() -> None:
    before = terms()
    assert "night-desk" in capacities_of(before)
    after = terms_under(before, Scenario(capacities={"night-desk": 1.5}))
    register = register_of(after.company, after.partners, today=TODAY)
    assert register.capacity("night-desk") == 12
    assert after.company == before.company


def test_a_note_that_knows_better_than_the_company_is_changed_with_it() -> None:
    after = terms_under(terms(), Scenario(capacities={"parcelpost": 0.5}))
    register = register_of(after.company, after.partners, today=TODAY)
    assert register.capacity("parcelpost") == 600
    (carrier,) = [one for one in after.company.carriers if one.id == "parcelpost"]
    assert carrier.daily_capacity.value == 450


def test_a_partner_without_a_capacity_is_refused_by_name() -> None:
    with pytest.raises(InvalidPeakInput) as refused:
        terms_under(terms(), Scenario(capacities={"midland-staff": 2.0}))
    (mistake,) = refused.value.mistakes
    assert mistake.rule == "unknown_partner"
    assert "night-desk" in mistake.message


def test_every_step_plans_with_what_a_note_says_is_booked() -> None:
    before = terms()
    after = as_booked(before.company, before.partners)
    booked = {one.id: one.daily_capacity.value for one in after.carriers}
    assert booked == {"parcelpost": 1200, "swiftline": 600, "eurohaul": 250}
    assert (after.gateways, after.warehouses, after.call_centre) == (
        before.company.gateways,
        before.company.warehouses,
        before.company.call_centre,
    )
    other = decode_partner_notes(NOTES.replace(b'"parcels/day"', b'"pallets/day"'))
    assert as_booked(before.company, other) == before.company, "another unit is no such capacity"
