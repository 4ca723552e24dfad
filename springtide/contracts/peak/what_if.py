"""A what-if: the same futures under another scenario, answered from the paths that were kept with a plan."""

from datetime import date

import msgspec

from springtide.contracts.peak.common import Band, Decision
from springtide.contracts.peak.paths import Levers, Override

SIDE, ANSWER = "side", "what_if"
"""The part of a plan that what-ifs are compared with, and the part of an answer."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed about a plan. As it stands here nothing is.

    `levers` multiply those of the plan. `overrides` come on top of the plan's. `capacities`: what a partner can take,
    times its booked or agreed capacity, by the id of a carrier, gateway, external warehouse or of the call centre.
    `booked_at`, `buffer_at`: shares of the paths (0 to 1) that carriers are booked at and that the budget covers; None
    leaves the plan's.
    """

    levers: Levers = Levers()
    overrides: tuple[Override, ...] = ()
    capacities: dict[str, float] = {}
    booked_at: float | None = None
    buffer_at: float | None = None


class DayBand(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of a day over the paths."""

    day: date
    orders: Band


class SideLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the budget over the paths, minor units."""

    line: str
    cost: Band


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as far as a what-if makes it: without buy list, proofs and names, so two sides can be compared.

    Goods cost what is sold of them. `agents`: the most at phone and chat at once; `hires`: people who start;
    `processes`: the most of all services; `limits`: gateways' limits to ask for.
    """

    orders: Band
    units: Band
    revenue_minor: Band
    visits: Band
    busiest_hour_orders: Band
    parcels: Band
    late_share: Band
    attempts_per_s: Band
    cost_minor: Band
    buffer_minor: int
    agents: int
    hires: int
    processes: int
    limits: int
    lines: tuple[SideLine, ...]
    days: tuple[DayBand, ...]
    decisions: tuple[Decision, ...]


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: the plan before, the plan under the scenario, and what was asked.

    `came`, `gone`: decisions that only one side has. `expired`: overrides that count no more and were left out.
    """

    scenario: Scenario
    before: Side
    after: Side
    came: tuple[Decision, ...]
    gone: tuple[Decision, ...]
    expired: tuple[Override, ...]
    seconds: float
