"""Partners and risks of a plan: who is booked for too little, what is weak, what outages cost, what to do first."""

import re

import msgspec
import pytest

from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.risks import best_measure, matrix
from springtide.contracts.peak.common import Band
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.partners import PartnerReview
from springtide.contracts.peak.risk import RankedRisk, RiskPlan
from tests.unit.backoffice import peak_plans
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_fakes import FakeShop

PARTNERS = f"/peak/plans/{peak_plans.PLAN}/partners"
RISKS = f"/peak/plans/{peak_plans.PLAN}/risks"


@pytest.fixture
def register() -> PartnerReview:
    return msgspec.json.decode(peak_plans.bodies()["partners"], type=PartnerReview)


@pytest.fixture
def risks() -> RiskPlan:
    return msgspec.json.decode(peak_plans.bodies()["risks"], type=RiskPlan)


@pytest.fixture(autouse=True)
def desk(shop: FakeShop) -> None:
    shop.answers |= peak_plans.answers(peak_plans.bodies())


def names(text: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a href="[^"]*">([^<]+)</a>', text)


async def test_the_register_has_everybody_and_says_where_figures_come_from(
    owner: Browser, register: PartnerReview
) -> None:
    text = (await owner.get(PARTNERS)).text
    assert len(names(text)) == len(register.partners)
    assert "assumption: contract volume" in text
    assert "accounts@parcelpost.example" in text
    assert "/peak/input?name=carriers.toml" in text


async def test_who_is_booked_for_too_little_is_red_and_can_be_filtered(owner: Browser, register: PartnerReview) -> None:
    short = [
        one.partner.name
        for one in register.partners
        if one.partner.capacity and one.need is not None and one.need > one.partner.capacity.value
    ]
    assert short, "the plan of this test asks too much of nobody"
    text = (await owner.get(f"{PARTNERS}?only=only_short")).text
    assert names(text) == short
    assert text.count("too few") == len(short)
    assert Speech("en")("partners_short", count=len(short)) in text


async def test_a_kind_without_a_weak_spot_says_so(owner: Browser) -> None:
    assert "No partner is like this." in (await owner.get(f"{PARTNERS}?kind=erp&only=only_short")).text


async def test_who_may_only_read_gets_no_way_to_change(browser_of: BrowserOf) -> None:
    text = (await browser_of("peak.read").get(PARTNERS)).text
    assert "/peak/input" not in text
    assert "Parcelpost" in text


async def test_the_matrix_has_every_risk_once_in_the_row_of_its_severity(risks: RiskPlan) -> None:
    rows = matrix(risks.risks)
    placed = [one.risk.id for _, cells in rows for cell in cells for one in cell]
    assert sorted(placed) == sorted(one.risk.id for one in risks.risks)
    assert {one.risk.severity for cell in rows[0][1] for one in cell} <= {9, 10}


async def test_outages_are_shown_by_cause_with_the_total_of_the_paths(owner: Browser, risks: RiskPlan) -> None:
    text = (await owner.get(RISKS)).text
    shared = next(one for one in risks.causes if len(one.risks) > 1)
    assert f'<th scope="row">{shared.cause}</th>' in text
    assert text.index("What buys most") < text.index("How bad against how likely") < text.index("data-figure")
    assert "Outages cost" in text


def test_the_best_measure_is_the_one_that_saves_most_after_its_cost(risks: RiskPlan) -> None:
    outages = [one for one in risks.risks if one.lost_minor is not None]
    band = Band(mean=1e9, p10=0, p50=0, p90=0, p99=0)
    dear = _with(outages[0], band, cost=2_000_000_000)
    good = _with(outages[1], msgspec.structs.replace(band, mean=5e8), cost=100)
    best = best_measure([dear, good])
    assert best is not None
    assert best.action == outages[1].risk.action
    assert best_measure([dear]) is None
    assert best_measure([]) is None


def _with(ranked: RankedRisk, lost: Band, *, cost: int) -> RankedRisk:
    risk = msgspec.structs.replace(ranked.risk, action_cost=Figure(value=cost, unit="pence", assumption="test"))
    return msgspec.structs.replace(ranked, risk=risk, lost_minor=lost)


async def test_without_a_list_the_page_says_what_to_do(owner: Browser, shop: FakeShop, risks: RiskPlan) -> None:
    nothing = msgspec.structs.replace(risks, risks=(), causes=())
    shop.answers |= peak_plans.answers({**peak_plans.bodies(), "risks": msgspec.json.encode(nothing)})
    text = (await owner.get(RISKS)).text
    assert "an hour with everybody at one table" in text
    assert "/peak/input?name=risks.toml" in text
