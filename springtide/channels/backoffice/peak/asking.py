"""The form of a what-if, and a scenario in words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak.speech import Speech
from springtide.contracts.peak.paths import Levers, Override, Scope
from springtide.contracts.peak.what_if import Scenario

LEVERS = ("size", "marketing", "discount", "conversion")
RANKS = ("booked_at", "buffer_at")
_CAPACITY = "capacity-"
_PERCENT = 100.0


def scenario_of(form: Form) -> Scenario:
    """Return the scenario that was typed; an empty field leaves what the plan has. Raises InvalidForm."""
    levers = {name: _number(form, name, 1.0) for name in LEVERS}
    ranks = {name: _number(form, name, 0.0) / _PERCENT or None for name in RANKS}
    capacities = {
        name.removeprefix(_CAPACITY): _number(form, name, 1.0)
        for name in form.values
        if name.startswith(_CAPACITY) and form.raw(name)
    }
    overrides = (_override(form),) if form.raw("multiplier") else ()
    form.check()
    return Scenario(levers=Levers(**levers), overrides=overrides, capacities=capacities, **ranks)


def _override(form: Form) -> Override:
    scope, key = form.choice("scope", Scope), form.text("key")
    if scope is not Scope.ALL and not key:
        form.problems["key"] = "Which category or SKU?"
    return Override(
        id="",
        multiplier=_number(form, "multiplier", 1.0),
        scope=scope,
        key=key if scope is not Scope.ALL else "",
        first=form.day("first") if form.raw("first") else None,
        last=form.day("last") if form.raw("last") else None,
        reason=form.text("reason", required=True),
        author="",
        expires_on=form.day("expires_on"),
    )


def _number(form: Form, name: str, empty: float) -> float:
    text = form.raw(name).replace(",", ".")
    if not text:
        return empty
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        form.problems[name] = "A number like 1.25, please."
        return empty
    return float(number)


def typed_of(scenario: Scenario | None) -> Mapping[str, str]:
    """Return what the form's fields hold for a scenario, "" for everything that is as in the plan."""
    typed: dict[str, str] = defaultdict(str)
    if scenario is None:
        return typed
    numbers = {name: value for name, value in msgspec.structs.asdict(scenario.levers).items() if value != 1}
    numbers |= {f"{_CAPACITY}{partner}": factor for partner, factor in scenario.capacities.items()}
    numbers |= {name: getattr(scenario, name) * _PERCENT for name in RANKS if getattr(scenario, name) is not None}
    for override in scenario.overrides[:1]:
        numbers["multiplier"] = override.multiplier
        days = {name: getattr(override, name) for name in ("first", "last", "expires_on")}
        typed |= {name: day.isoformat() for name, day in days.items() if day is not None}
        typed |= {"scope": override.scope.value, "key": override.key, "reason": override.reason}
    typed |= {name: f"{value:.10g}" for name, value in numbers.items()}
    return typed


def in_words(scenario: Scenario, speech: Speech) -> str:
    """Return what a scenario changes, in a line."""
    return "; ".join(_words(scenario, speech)) or speech("what_if_as_is")


def _words(scenario: Scenario, speech: Speech) -> Iterator[str]:
    for name, value in msgspec.structs.asdict(scenario.levers).items():
        if value != 1:
            label = speech("size") if name == "size" else speech(f"what_if_{name}")
            yield f"{label}: {speech.number(value)} \u00d7"
    for override in scenario.overrides:
        what = override.key or speech("whole_shop")
        yield f"{what}: {speech.number(override.multiplier)} \u00d7{_days(override, speech)} ({override.reason})"
    for partner, factor in sorted(scenario.capacities.items()):
        yield f"{partner}: {speech.number(factor)} \u00d7"
    for name in RANKS:
        share = getattr(scenario, name)
        if share is not None:
            label = speech(f"what_if_{name}")
            yield f"{label}: {speech.number(share * _PERCENT)}"


def _days(override: Override, speech: Speech) -> str:
    if override.first is None and override.last is None:
        return ""
    return f", {speech.day(override.first)} \u2013 {speech.day(override.last)}"
