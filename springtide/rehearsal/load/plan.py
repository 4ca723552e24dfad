"""Everything a worker needs to know, in one message from the master."""

import msgspec

from springtide.rehearsal.load.scenario import Scenario


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A market in one language: where pages lie (`prefix`: "/nl-nl"), what is sold there with its weights (three lists
    of the same length, most popular first), and how it is delivered.
    """

    market: str
    language: str
    prefix: str
    country: str
    shipping: str
    slugs: tuple[str, ...]
    skus: tuple[str, ...]
    weights: tuple[float, ...]
    categories: tuple[str, ...]
    words: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A rehearsal. `run`: its id; `token`: the deployment's rehearsal token; `email`: of all its buyers; `lines` and
    `units`: weights of basket sizes; `workers`: among how many arrivals are shared; `most_visits`: at once in a worker.
    """

    run: str
    key: str
    scenario: Scenario
    url: str
    token: str
    email: str
    places: tuple[Place, ...]
    lines: dict[int, int]
    units: dict[int, int]
    workers: int
    seed: int
    most_visits: int = 2_000
    most_checked: int = 20_000


def run_email(run: str) -> str:
    """Return the address that all orders of a run carry: how they are found again in the order list."""
    return f"rehearsal-{run}@springtide.example"


def encoded(plan: Plan) -> bytes:
    """Return the plan as it is sent."""
    return msgspec.json.encode(plan)


def decoded(body: bytes) -> Plan:
    """Read a plan."""
    return msgspec.json.decode(body, type=Plan)
