"""Gateways: who takes payments, how well each answers, and the switch of each with its history."""

from dataclasses import dataclass

from litestar import get, post
from litestar.params import FromPath

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.channels.backoffice.words import Word
from springtide.contracts.payments.api import (
    GatewayNotFound,
    GatewaySight,
    GatewayStatus,
    GatewaySwitch,
    GatewaySwitched,
)
from springtide.platform.http import HttpRequest

READ, WRITE = "payments.read", "payments.write"
LONGEST_REASON = 200
HISTORY_ROWS = 50

SWITCHES = {
    GatewaySwitch.ON: Word("On", "good"),
    GatewaySwitch.DRAIN: Word("Drained", "warn"),
    GatewaySwitch.OFF: Word("Off", "bad"),
}
CHOICES = (
    (GatewaySwitch.ON, "On: takes new payments"),
    (GatewaySwitch.DRAIN, "Drain: no new payments, those under way are finished"),
    (GatewaySwitch.OFF, "Off: is not asked anything, captures and refunds wait"),
)
BREAKERS = {
    "closed": Word("Closed", "good"),
    "open": Word("Open", "bad"),
    "half_open": Word("Half open", "warn"),
}


def breaker_word(state: str) -> Word:
    """Return a breaker's state in words."""
    return BREAKERS.get(state, Word(state))


def answered(seen: GatewayStatus | GatewaySight) -> str:
    """Return the share of attempts that were answered, a dash when there were none."""
    return f"{1 - seen.failures / seen.attempts:.1%}" if seen.attempts else "\u2013"


@dataclass(frozen=True, slots=True)
class GatewayView:
    """A gateway with its states in words."""

    of: GatewayStatus

    @property
    def switch(self) -> Word:
        """The switch in a word."""
        return SWITCHES[self.of.switch]

    @property
    def breaker(self) -> Word:
        """The breaker in words, with its mode when it diverts nobody."""
        if self.of.in_process:
            return Word("Not needed")
        if self.of.breaker_mode == "off":
            return Word("Switched off")
        word = breaker_word(self.of.breaker)
        same = sum(sight.breaker == self.of.breaker for sight in self.asking)
        text = f"{word.text} in {same} of {len(self.asking)}" if same < len(self.asking) else word.text
        return Word(f"{text}, dry run", word.tone) if self.of.breaker_mode == "dry_run" else Word(text, word.tone)

    @property
    def answered(self) -> str:
        """The share of attempts that were answered, a dash when there were none."""
        return answered(self.of)

    @property
    def asking(self) -> tuple[GatewaySight, ...]:
        """The processes that have asked it lately; the others know nothing of it."""
        return tuple(sight for sight in self.of.processes if sight.attempts or sight.breaker != "closed")

    @property
    def limits(self) -> str:
        """The limits of one process in words."""
        known = (
            (self.of.max_per_s, f"{self.of.max_per_s:g} a second"),
            (self.of.max_in_flight, f"{self.of.max_in_flight} at once"),
        )
        return ", ".join(text for limit, text in known if limit) or "none"

    @property
    def amounts(self) -> str:
        """The amounts it takes, in minor units."""
        if self.of.max_minor is None:
            return f"from {self.of.min_minor:,}" if self.of.min_minor else "all"
        return f"{self.of.min_minor:,} to {self.of.max_minor:,}"

    @property
    def takes_payments(self) -> bool:
        """Whether a new payment may go there now."""
        breakers = {sight.breaker for sight in self.asking} or {self.of.breaker}
        is_kept_away = breakers == {"open"} and self.of.breaker_mode == "on"
        return self.of.switch is GatewaySwitch.ON and not is_kept_away


@get("/gateways")
async def list_gateways(request: HttpRequest) -> Reply:
    """Show every gateway with its state and its health."""
    visit = await enter(request, READ)
    views = [GatewayView(status) for status in await visit.office.payments.gateways(caller=visit.caller)]
    return visit.page("office/gateways.html", gateways=views, taking=sum(view.takes_payments for view in views))


@get("/gateways/{name:str}")
async def show_gateway(request: HttpRequest, name: FromPath[str]) -> Reply:
    """Show one gateway with its switch and who moved it."""
    visit = await enter(request, READ)
    return await _gateway_page(visit, name)


@post("/gateways/{name:str}")
async def switch_gateway(request: HttpRequest, name: FromPath[str]) -> Reply:
    """Move a gateway's switch."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> GatewaySwitched:
        state = form.choice("state", GatewaySwitch)
        reason = form.text("reason", required=True, longest=LONGEST_REASON)
        form.check()
        return await visit.office.payments.switch_gateway(
            caller=visit.because(reason), key=key, gateway=name, state=state, reason=reason
        )

    outcome = await visit.act("switch", work)
    if isinstance(outcome, Trouble):
        return await _gateway_page(visit, name, outcome)
    return visit.see_other(f"/gateways/{name}", f"{name} is {SWITCHES[outcome.state].text.lower()} now.")


async def _gateway_page(visit: Visit, name: str, trouble: Trouble | None = None) -> Reply:
    statuses = await visit.office.payments.gateways(caller=visit.caller)
    status = next((status for status in statuses if status.name == name), None)
    if status is None:
        msg = "The settings name no such gateway."
        raise GatewayNotFound(msg, gateway=name)
    history = await visit.office.payments.gateway_history(caller=visit.caller, gateway=name, limit=HISTORY_ROWS)
    return visit.page(
        "office/gateway.html",
        status=trouble.status() if trouble else 200,
        gateway=GatewayView(status),
        history=history,
        switches=SWITCHES,
        choices=CHOICES,
        breaker_word=breaker_word,
        answered=answered,
        me=visit.caller.actor,
        trouble=trouble,
    )


ROUTES = (list_gateways, show_gateway, switch_gateway)
