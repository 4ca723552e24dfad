"""A scenario: what a rehearsal asks of a deployment, read from TOML and checked whole before anything is sent."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from springtide.rehearsal.load.problems import ScenarioUnknown, ScenarioWrong
from springtide.rehearsal.load.traffic import KINDS, Share

NAMES = ("black-friday", "product-drop", "everyday", "smoke")
PAGES = ("home", "category", "search", "product", "info")
WRITES = ("cart", "details", "complete", "return")
READS = ("order",)
CLASSES = (*PAGES, *WRITES, *READS)
METHODS = ("card", "bank_redirect", "app_push", "pay_later", "invoice")

Weight = Annotated[float, Meta(ge=0)]
Name = Annotated[str, Meta(min_length=1, max_length=60)]


class Phase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many visitors a second for a while, from one rate straight to another. A phase that begins above the end of
    the one before is a step: a door that opens.
    """

    name: Name
    seconds: Annotated[float, Meta(gt=0, le=86_400)]
    from_per_s: Annotated[float, Meta(ge=0, le=100_000)]
    to_per_s: Annotated[float, Meta(ge=0, le=100_000)]


class Baskets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of a basket: lines, and units of a line. `hot_share`: buyers who want one unit of one of the `hot_top`
    most popular products and nothing else.
    """

    most_lines: Annotated[int, Meta(ge=1, le=100)] = 20
    most_units: Annotated[int, Meta(ge=1, le=9_999)] = 12
    hot_share: Share = 0.0
    hot_top: Annotated[int, Meta(ge=1, le=1_000)] = 1


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The longest that 95 and 99 of a hundred answers may take, in milliseconds."""

    p95_ms: Annotated[float, Meta(gt=0)]
    p99_ms: Annotated[float, Meta(gt=0)]


class Criteria(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has to come of it. `completed_share`: orders of those who pressed "buy", meant it, and wanted what there is;
    `error_share`: requests without an answer or with 5xx that repeating did not mend.
    """

    completed_share: Share = 0.99
    error_share: Share = 0.001


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole scenario. `markets`, `languages` (by market) and `payment` (by market): weights. `think_scale`: how long
    visitors read, as a factor of what was measured; `most_think_s` and `most_pages` cut the longest. `repeat_share`:
    buyers who press "buy" twice. `patience_s`: for how long who is told to
    come back does. `limits`: by class of request, or for all `pages` and `writes`.
    """

    title: Name
    about: str
    traffic: str
    phases: tuple[Phase, ...]
    markets: dict[str, Weight]
    languages: dict[str, dict[str, Weight]] = {}
    payment: dict[str, dict[str, Weight]]
    think_scale: Annotated[float, Meta(ge=0, le=100)] = 1.0
    most_think_s: Annotated[float, Meta(ge=0, le=3_600)] = 120.0
    most_pages: Annotated[int, Meta(ge=0, le=1_000)] = 60
    tries: Share | None = None
    repeat_share: Share = 0.05
    patience_s: Annotated[float, Meta(ge=0, le=600)] = 30.0
    baskets: Baskets = Baskets()
    limits: dict[str, Limit]
    criteria: Criteria = Criteria()

    @property
    def seconds(self) -> float:
        """Return for how long visitors arrive."""
        return sum(phase.seconds for phase in self.phases)

    def limit_of(self, kind: str) -> Limit | None:
        """Return the limit of a class of request: its own, or that of all pages or writes."""
        return self.limits.get(kind) or self.limits.get("writes" if kind in WRITES else "pages")

    def scaled(self, factor: float) -> "Scenario":
        """Return the scenario with all arrival rates times a factor."""
        phases = tuple(
            msgspec.structs.replace(
                phase, from_per_s=round(phase.from_per_s * factor, 6), to_per_s=round(phase.to_per_s * factor, 6)
            )
            for phase in self.phases
        )
        return msgspec.structs.replace(self, phases=phases)


def load(name: str) -> tuple[str, Scenario]:
    """Return key and scenario of a shipped name or of a file; `ScenarioUnknown`, `ScenarioWrong`."""
    if name in NAMES:
        text = resources.files("springtide.rehearsal.scenarios").joinpath(f"{name}.toml").read_text(encoding="utf-8")
        return name, parse(text)
    path = Path(name)
    if not path.is_file():
        msg = f"There is no scenario {name}: give {', '.join(NAMES)}, or the path of a TOML file."
        raise ScenarioUnknown(msg, known=list(NAMES))
    try:
        return path.stem, parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        msg = f"{name}: {error}"
        raise ScenarioWrong(msg, fields={"file": "not UTF-8"}) from error


def parse(text: str) -> Scenario:
    """Read a scenario; `ScenarioWrong` names what is wrong, and all of it once the shapes are right."""
    try:
        scenario = msgspec.convert(tomllib.loads(text), Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ScenarioWrong(str(error), fields={"scenario": str(error)}) from error
    wrong = dict(_problems(scenario))
    if wrong:
        raise ScenarioWrong("; ".join(f"{where}: {what}" for where, what in wrong.items()), fields=wrong)
    return scenario


def _problems(scenario: Scenario) -> list[tuple[str, str]]:
    found = []
    if scenario.traffic not in KINDS:
        found.append(("traffic", f"{scenario.traffic} is not one of {', '.join(KINDS)}"))
    if not any(phase.from_per_s or phase.to_per_s for phase in scenario.phases):
        found.append(("phases", "nobody ever arrives"))
    if not any(scenario.markets.values()):
        found.append(("markets", "none has a weight"))
    for market, weight in scenario.markets.items():
        if weight and not any(scenario.payment.get(market, {}).values()):
            found.append((f"payment.{market}", "no method has a weight"))
        if market in scenario.languages and not any(scenario.languages[market].values()):
            found.append((f"languages.{market}", "none has a weight"))
    found.extend(
        (f"payment.{market}.{method}", f"not one of {', '.join(METHODS)}")
        for market, methods in scenario.payment.items()
        for method in methods
        if method not in METHODS
    )
    found.extend(
        (f"limits.{kind}", f"not one of pages, writes, {', '.join(CLASSES)}")
        for kind in scenario.limits
        if kind not in {"pages", "writes", *CLASSES}
    )
    found.extend(
        (name, "limits for all of them are missing") for name in ("pages", "writes") if not _has(scenario, name)
    )
    return found


def _has(scenario: Scenario, group: str) -> bool:
    kinds = PAGES if group == "pages" else WRITES
    return group in scenario.limits or all(kind in scenario.limits for kind in kinds)
