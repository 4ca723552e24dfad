"""The register knows every partner once, its terms feed other steps, and what is weak is said."""

from argparse import Namespace
from datetime import date, timedelta

import msgspec
import pytest

from springtide.commands.peak_command import run
from springtide.contexts.peak.domain.partners.register import Register, register_of
from springtide.contexts.peak.domain.partners.review import review_partners
from springtide.contexts.peak.providers.company_files import read_partner_notes
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.partners import PartnerKind, PartnerReview, decode_partner_notes
from springtide.demo.company import COMPANY_FOLDER, load_company
from springtide.settings import Settings

TODAY, PEAK = date(2011, 9, 1), date(2011, 11, 21)
COMPANY = load_company()


def register(notes: bytes = b"") -> Register:
    return register_of(COMPANY, decode_partner_notes(notes), today=TODAY)


def test_the_companys_documents_are_in_the_register_once() -> None:
    found = register()
    assert len(found.of_kind(PartnerKind.CARRIER)) == 3
    assert [one.id for one in found.of_kind(PartnerKind.WAREHOUSE)] == ["ext"]  # the own one is no partner
    assert len(found.of_kind(PartnerKind.GATEWAY)) == 3
    assert len(found.of_kind(PartnerKind.SUPPLIER)) == 12
    assert found.capacity("parcelpost") == 900
    assert found.notice_days("brightline") == 21
    assert found.price("brightline") == 62
    assert found.stand_in("parcelpost") is None
    with pytest.raises(KeyError):
        found.capacity("nobody")


def test_the_demo_has_all_ten_kinds() -> None:
    found = register_of(COMPANY, read_partner_notes(COMPANY_FOLDER), today=TODAY)
    assert {one.kind for one in found} == set(PartnerKind)
    assert all("@" not in one.contact or one.contact.endswith(".example") for one in found)


def test_plans_use_the_worse_of_agreed_and_measured() -> None:
    found = register(
        b"""
[[partners]]
id = "parcelpost"
agreed = { value = 98, unit = "%", assumption = "contract" }
measured = { value = 93, unit = "%", assumption = "last season" }
capacity = { value = 1200, unit = "parcels/day", assumption = "booked" }
plan_b = "swiftline"
"""
    )
    assert found.service_level("parcelpost") == 93
    assert found.capacity("parcelpost") == 1200
    stand_in = found.stand_in("parcelpost")
    assert stand_in is not None
    assert stand_in.name == "Swiftline"


MISTAKES = [
    (b'[[partners]]\nid = "ghost"\n', "unknown_partner"),
    (b'[[partners]]\nid = "stripe"\nkind = "gateway"\nname = "Stripe"\n', "known"),
    (b'[[partners]]\nid = "stripe"\nplan_b = "ghost"\n', "plan_b"),
    (b'[[partners]]\nid = "stripe"\nplan_b = "stripe"\n', "plan_b"),
    (b'[[partners]]\nid = "stripe"\nlast_drill = 2011-10-01\ndrilled = "x"\n', "drill"),
    (b'[[partners]]\nid = "stripe"\nlast_drill = 2011-08-01\n', "drill"),
    (b'[[partners]]\nid = "erp"\nkind = "erp"\n', "kind"),
    (b'[[partners]]\nid = "erp"\nkind = "magic"\nname = "M"\n', "not_readable"),
    (b'[[partners]]\nid = "stripe"\nphone = "0"\n', "not_readable"),
    (b'[[partners]]\nid = "stripe"\n[[partners]]\nid = "stripe"\n', "used_twice"),
    (b'[[partners]]\nid = "ext"\nnotice = { value = 2, unit = "weeks", assumption = "x" }\n', "notice"),
    (
        (
            b'[[partners]]\nid = "ext"\nagreed = { value = 2, unit = "%", assumption = "x" }\n'
            b'measured = { value = 2, unit = "h", assumption = "x" }\n'
        ),
        "measured",
    ),
]


@pytest.mark.parametrize(("document", "rule"), MISTAKES)
def test_mistakes_are_named(document: bytes, rule: str) -> None:
    with pytest.raises(InvalidPeakInput) as caught:
        register(document)
    assert [mistake.rule for mistake in caught.value.mistakes] == [rule]
    assert caught.value.mistakes[0].where.startswith("partners.toml")


def keys(review: PartnerReview, id_: str) -> set[str]:
    return next({p.key for p in state.weak} for state in review.partners if state.partner.id == id_)


def test_what_is_weak_is_said_and_decided_in_time() -> None:
    notes = b"""
[[partners]]
id = "parcelpost"
contact = "desk"
escalation = "head"
plan_b = "swiftline"
last_drill = 2010-10-01
drilled = "labels"
measured = { value = 80, unit = "%", assumption = "last season" }
"""
    review = review_partners(register(notes), today=TODAY, peak=PEAK)
    assert keys(review, "parcelpost") == {"partners.old_drill", "partners.below_agreed"}
    assert keys(review, "eurohaul") == {"partners.no_contact", "partners.no_plan_b", "partners.no_drill"}
    assert keys(review, "leeds-paper") == {"partners.no_contact"}  # its stand-in is a matter of the buy list
    assert review.partners[0].weak
    assert len(review.partners[0].weak) == max(len(state.weak) for state in review.partners)
    assert {decision.by for decision in review.decisions} == {PEAK - timedelta(days=42)}
    booking = next(one for one in review.deadlines if one.name == "Stripe")
    assert (booking.kind, booking.last_day) == ("gateway", PEAK - timedelta(days=42))
    late = review_partners(register(notes), today=PEAK, peak=PEAK)
    assert all(decision.urgent for decision in late.decisions)


def test_the_command_shows_the_demos_partners(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["partners", "--today", "2011-09-01", "--peak", "2011-11-21"]
    assert run(Settings(), Namespace(words=words)) == 0
    said = capsys.readouterr().out
    assert "Rackfield (hosting)" in said
    assert "First deadline: Stripe, 2011-10-10" in said
    assert run(Settings(), Namespace(words=[*words, "--json"])) == 0
    review = msgspec.json.decode(capsys.readouterr().out, type=PartnerReview)
    assert len(review.partners) == 25


def test_a_need_above_what_is_booked_is_weak_and_has_to_be_asked_for() -> None:
    booked = register().capacity("parcelpost")
    assert booked is not None
    enough = review_partners(register(), today=TODAY, peak=PEAK, needs={"parcelpost": booked})
    too_little = review_partners(register(), today=TODAY, peak=PEAK, needs={"parcelpost": booked + 0.5})
    assert "partners.too_little" not in keys(enough, "parcelpost")
    assert "partners.too_little" in keys(too_little, "parcelpost")
    assert len(too_little.decisions) == len(enough.decisions) + 1
