"""The payment side of a plan: which gateway takes what, how near its limit it comes, and what if one is gone."""

import msgspec

from springtide.contracts.peak.common import Band, Deadline, Decision


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway's part of the orders paid with a method in a country; `share` is of all orders, 0 to 1."""

    gateway: str
    method: str
    country: str
    share: float


class GatewayLoad(msgspec.Struct, frozen=True, kw_only=True):
    """One gateway in the busiest second. `requests_per_s`: over the paths; `limit_per_s`: what it allows today.

    `used`: the P90 of requests over the limit (planned at most 0.7). `limit_needed_per_s`: what has to be asked for so
    that the plan holds, also when another gateway is gone; 0 when today's limit is enough.
    """

    gateway: str
    share: float
    requests_per_s: Band
    limit_per_s: float
    used: float
    limit_needed_per_s: float


class WithoutOne(msgspec.Struct, frozen=True, kw_only=True):
    """The plan when one gateway is gone: where its orders go, and what nobody else can take.

    `uncovered`: share of all orders whose method and country no other gateway takes, or not within its limit.
    """

    lost: str
    parts: tuple[Part, ...]
    used: dict[str, float]
    uncovered: float
    uncovered_classes: tuple[str, ...]


class GatewayPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The split, the loads, the plan for each loss, and what it costs over the season (minor units)."""

    attempts_per_s: Band
    parts: tuple[Part, ...]
    loads: tuple[GatewayLoad, ...]
    without: tuple[WithoutOne, ...]
    authorised: float
    fees_minor: Band
    decisions: tuple[Decision, ...]
    deadlines: tuple[Deadline, ...]
