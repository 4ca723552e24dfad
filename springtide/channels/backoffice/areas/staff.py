"""Staff: who works here and what their roles let them do. Owners only."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.contracts.customers.api import Role, Staff, StaffNotFound
from springtide.platform.http import HttpRequest

WRITE = "staff.write"


@get("/staff")
async def list_staff(request: HttpRequest) -> Reply:
    """Show everybody, by name, with the form for a new colleague."""
    visit = await enter(request, WRITE)
    return await _list_page(visit)


@post("/staff")
async def add_staff(request: HttpRequest) -> Reply:
    """Add a member of staff."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> Staff:
        email, name = form.text("email", required=True), form.text("name", required=True)
        password, roles = form.values.get("password", ""), _roles(form)
        if not password:
            form.problems["password"] = "Fill this in."  # noqa: S105 - a message, not a password
        form.check()
        return await visit.office.customers.add_staff(
            caller=visit.caller, key=key, email=email, name=name, password=password, roles=roles
        )

    outcome = await visit.act("staff", work)
    if isinstance(outcome, Trouble):
        return await _list_page(visit, outcome)
    return visit.see_other("/staff", f"{outcome.name} can sign in now.")


@get("/staff/{staff_id:uuid}")
async def show_staff(request: HttpRequest, staff_id: FromPath[UUID]) -> Reply:
    """Show one member of staff."""
    visit = await enter(request, WRITE)
    return await _staff_page(visit, staff_id)


@post("/staff/{staff_id:uuid}")
async def change_staff(request: HttpRequest, staff_id: FromPath[UUID]) -> Reply:
    """Change name, roles and whether they may sign in; switching off ends their sessions."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> Staff:
        name, roles = form.text("name", required=True), _roles(form)
        form.check()
        return await visit.office.customers.change_staff(
            caller=visit.caller, key=key, staff_id=staff_id, name=name, roles=roles, active=form.flag("active")
        )

    outcome = await visit.act("staff", work)
    if isinstance(outcome, Trouble):
        return await _staff_page(visit, staff_id, outcome)
    visit.roles_changed()
    return visit.see_other("/staff", f"{outcome.name} is saved.")


def _roles(form: Form) -> tuple[Role, ...]:
    sent = form.many("roles")
    roles = tuple(role for role in Role if role.value in sent)
    if not roles:
        form.problems["roles"] = "Choose at least one role."
    return roles


async def _list_page(visit: Visit, trouble: Trouble | None = None) -> Reply:
    people = await visit.office.customers.list_staff(caller=visit.caller)
    status = trouble.status() if trouble else 200
    return visit.page("office/staff.html", status=status, people=people, roles=Role, trouble=trouble)


async def _staff_page(visit: Visit, staff_id: UUID, trouble: Trouble | None = None) -> Reply:
    people = await visit.office.customers.list_staff(caller=visit.caller)
    person = next((person for person in people if person.id == staff_id), None)
    if person is None:
        msg = "There is no such member of staff."
        raise StaffNotFound(msg)
    status = trouble.status() if trouble else 200
    return visit.page("office/staff_member.html", status=status, person=person, roles=Role, trouble=trouble)


ROUTES = (list_staff, add_staff, show_staff, change_staff)
