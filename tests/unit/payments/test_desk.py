"""The desk: who gets the attempt, what counts against a gateway, and what a dry run leaves alone."""

from typing import Any

import pytest

from springtide.contexts.payments.domain.breaker import BreakerState
from springtide.contexts.payments.providers.invoice import InvoiceProvider
from springtide.contexts.payments.providers.port import Declined, OutcomeUnknown, ProviderRefused, ProviderUnavailable
from springtide.contexts.payments.providers.registry import GatewayOptions, Registry
from springtide.contexts.payments.service.desk import Desk, NotNow, Ticket
from springtide.contracts.payments.api import GatewaysBusy, PaymentMethodUnknown
from springtide.platform.ids import uuid7

MARKETS = {"NL": ("invoice",)}


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def desk_of(clock: Clock, **gateways: dict[str, Any]) -> Desk:
    options = [
        GatewayOptions(name=name, provider="invoice", **{"markets": MARKETS, **more}) for name, more in gateways.items()
    ]
    return Desk(Registry(options, {name: InvoiceProvider(name) for name in gateways}), clock)


def ticket_of(desk: Desk, gateway: str = "a") -> Ticket:
    entered = desk.enter(gateway)
    assert isinstance(entered, Ticket)
    return entered


def ends(desk: Desk, error: Exception | None, times: int = 1) -> None:
    for _ in range(times):
        ticket = ticket_of(desk)
        if error is None:
            with desk.asking(ticket):
                pass
        else:
            with pytest.raises(type(error)), desk.asking(ticket):
                raise error


@pytest.mark.parametrize("error", [OutcomeUnknown("x"), ProviderUnavailable("x"), ProviderRefused("x")])
def test_a_gateway_that_does_not_do_its_work_is_left_alone(clock: Clock, error: Exception) -> None:
    desk = desk_of(clock, a={}, b={"weight": 0})
    ends(desk, error, times=10)
    assert desk.enter("a") == NotNow(why="breaker", wait_s=10.0)
    ticket, others = desk.first(("a", "b"))
    assert ticket is not None
    assert (ticket.gateway, others, desk.counters["a"].diverted) == ("b", (), 2)


def test_an_issuers_no_is_no_failure_of_the_gateway(clock: Clock) -> None:
    desk = desk_of(clock, a={})
    ends(desk, Declined("issuer_declined"), times=50)
    tally = desk.health("a").tally
    assert (tally.attempts, tally.failures, desk.breaker("a").state) == (50, 0, BreakerState.CLOSED)


def test_probes_bring_a_gateway_back(clock: Clock) -> None:
    desk = desk_of(clock, a={})
    ends(desk, ProviderUnavailable("x"), times=10)
    clock.now_s += 10
    probe = ticket_of(desk)
    assert isinstance(desk.enter("a"), NotNow)
    with desk.asking(probe):
        pass
    ends(desk, None, times=2)
    assert (desk.breaker("a").state, desk.health("a").tally.attempts) == (BreakerState.CLOSED, 0)


def test_a_dry_run_counts_and_diverts_nothing(clock: Clock) -> None:
    desk = desk_of(clock, a={"breaker": "dry_run"})
    ends(desk, ProviderUnavailable("x"), times=10)
    assert desk.breaker("a").state is BreakerState.OPEN
    ends(desk, ProviderUnavailable("x"), times=3)
    assert desk.counters["a"].diverted == 3


def test_a_dry_run_comes_back_too(clock: Clock) -> None:
    desk = desk_of(clock, a={"breaker": "dry_run"})
    ends(desk, ProviderUnavailable("x"), times=10)
    clock.now_s += 10
    ends(desk, None, times=3)
    assert desk.breaker("a").state is BreakerState.CLOSED


def test_a_breaker_that_is_off_never_opens(clock: Clock) -> None:
    desk = desk_of(clock, a={"breaker": "off"})
    ends(desk, ProviderUnavailable("x"), times=100)
    assert desk.breaker("a").state is BreakerState.CLOSED


def test_all_breakers_open_is_no_reason_to_wait(clock: Clock) -> None:
    desk = desk_of(clock, a={})
    ends(desk, ProviderUnavailable("x"), times=10)
    assert desk.first(("a",)) == (None, ())


def test_at_a_limit_the_next_is_chosen_and_then_the_caller_is_told_when_to_come_back(clock: Clock) -> None:
    desk = desk_of(clock, a={"max_in_flight": 1}, b={"max_per_s": 0.25})
    first, _ = desk.first(("a", "b"))
    second, _ = desk.first(("a", "b"))
    assert first is not None
    assert second is not None
    assert (first.gateway, second.gateway) == ("a", "b")
    with pytest.raises(GatewaysBusy) as busy:
        desk.first(("b",))
    assert busy.value.retry_after_s == 4
    with desk.asking(first):
        pass
    assert ticket_of(desk).gateway == "a"


def test_leave_that_was_not_used_is_given_back_once(clock: Clock) -> None:
    desk = desk_of(clock, a={"max_in_flight": 1})
    ticket = ticket_of(desk)
    with pytest.raises(RuntimeError), desk.unless_asked(ticket):
        raise RuntimeError
    desk.leave(ticket)
    assert (desk.counters["a"].in_flight, desk.health("a").tally.attempts) == (0, 0)


def test_one_that_nobody_waited_for_says_nothing(clock: Clock) -> None:
    desk = desk_of(clock, a={})
    with pytest.raises(KeyboardInterrupt), desk.asking(ticket_of(desk)):
        raise KeyboardInterrupt
    assert (desk.counters["a"].in_flight, desk.health("a").tally.attempts) == (0, 0)


def test_market_method_and_amount_decide_who_is_asked(clock: Clock) -> None:
    desk = desk_of(clock, a={"max_minor": 1_000}, b={"min_minor": 500}, c={"markets": {"SE": ("invoice",)}})

    def asked(market: str, amount_minor: int) -> set[str]:
        return set(desk.order(uuid7(), market=market, method="invoice", amount_minor=amount_minor))

    assert (asked("NL", 100), asked("NL", 700), asked("NL", 1_001), asked("SE", 1)) == ({"a"}, {"a", "b"}, {"b"}, {"c"})
    with pytest.raises(PaymentMethodUnknown):
        asked("GB", 1)
    with pytest.raises(PaymentMethodUnknown):
        desk.order(uuid7(), market="NL", method="card", amount_minor=1)
