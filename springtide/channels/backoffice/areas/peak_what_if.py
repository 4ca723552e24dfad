"""What-ifs: asked of a plan's paths, looked at beside the plan, planned fully."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath
from msgspec.structs import replace

from springtide.channels.backoffice.areas.peak import show
from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak.asking import in_words, scenario_of
from springtide.channels.backoffice.peak.page import kept, speech_of, wait_for_answer
from springtide.channels.backoffice.visit import Reply, Trouble, enter
from springtide.contracts.peak.api import WRITE, PlanRow
from springtide.contracts.peak.what_if import Scenario
from springtide.platform.http import HttpRequest

PAGE = "what-if"
_WAIT_S = 5.0
_TITLE = 120


@post("/peak/what-if/{plan_id:uuid}", status_code=200)
async def ask_what_if(request: HttpRequest, plan_id: FromPath[UUID]) -> Reply:
    """Ask; an answer that comes at once stands on the page that follows."""
    visit = await enter(request, WRITE)
    done = await visit.act(
        PAGE,
        lambda form, key: visit.office.peak.ask_what_if(
            caller=visit.caller, key=key, plan_id=plan_id, scenario=scenario_of(form)
        ),
    )
    if isinstance(done, Trouble):
        return await show(visit, plan_id, PAGE, done)
    await wait_for_answer(visit, done, most_s=_WAIT_S)
    return visit.see_other(f"/peak/plans/{plan_id}/{PAGE}", question=str(done.id), **kept(visit))


@post("/peak/what-if/{question_id:uuid}/plan", status_code=200)
async def plan_fully(request: HttpRequest, question_id: FromPath[UUID]) -> Reply:
    """Order a whole plan of the newest documents under the scenario of a question."""
    visit = await enter(request, WRITE)
    question = await visit.office.peak.get_question(caller=visit.caller, question_id=question_id)
    if question.plan_id is None or question.scenario is None:
        return visit.see_other("/peak", **kept(visit))
    plan = await visit.office.peak.get_plan(caller=visit.caller, plan_id=question.plan_id)
    scenario = question.scenario

    async def work(form: Form, key: str) -> PlanRow:
        del form
        settings = replace(plan.settings, scenario=_together(plan.settings.scenario, scenario))
        title = f"{plan.row.title}: {in_words(scenario, speech_of(visit))}"[:_TITLE]
        return await visit.office.peak.start_plan(caller=visit.caller, key=key, title=title, settings=settings)

    done = await visit.act("fully", work)
    if isinstance(done, Trouble):
        return await show(visit, question.plan_id, PAGE, done)
    return visit.see_other("/peak", speech_of(visit)("what_if_ordered", number=done.number), **kept(visit))


def _together(planned: Scenario | None, asked: Scenario) -> Scenario:
    """Return both scenarios as one: the question was asked of a plan that had the first."""
    if planned is None:
        return asked
    factors = {
        name: getattr(planned.levers, name) * getattr(asked.levers, name) for name in asked.levers.__struct_fields__
    }
    capacities = dict(planned.capacities)
    for partner, factor in asked.capacities.items():
        capacities[partner] = capacities.get(partner, 1.0) * factor
    return Scenario(
        levers=replace(asked.levers, **factors),
        overrides=(*planned.overrides, *asked.overrides),
        capacities=capacities,
        booked_at=planned.booked_at if asked.booked_at is None else asked.booked_at,
        buffer_at=planned.buffer_at if asked.buffer_at is None else asked.buffer_at,
    )


ROUTES = (ask_what_if, plan_fully)
