"""What a plan is made with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.paths.joint import DEFAULT_PATHS, DEFAULT_SEED
from springtide.contexts.peak.domain.plan.minute import ASSUMED
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.history import QualityReport
from springtide.contracts.peak.plan import PeakMinute, PlanTerms

HISTORY = "demand"
"""The name of the history among the hashes."""
VISITS_PER_ORDER = 40.0
"""Where nobody counted visits: 2.5 of 100 visits buy, an assumption, on the page as such."""


@dataclass(frozen=True, kw_only=True)
class PlanInputs:
    """Everything besides the history, read and checked. `edits.as_of` and `terms.as_of` are the day of the plan.

    `hashes`: SHA-256 of what was read by name, the history (`hash_of`) among them. `versions`: of program and
    libraries. `workers`: threads that draw. `visits_counted`: False where visits are taken from orders.
    """

    season: Season
    terms: PlanTerms
    edits: Edits
    quality: QualityReport | None = None
    seed: int = DEFAULT_SEED
    paths: int = DEFAULT_PATHS
    hashes: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    peak_minute: PeakMinute = ASSUMED
    visits_counted: bool = True
    workers: int = 2

    @property
    def history(self) -> str:
        """Return the hash of the history, "" where nobody took it."""
        return self.hashes.get(HISTORY, "")


def all_hashes(inputs: PlanInputs) -> dict[str, str]:
    """Return the hash of every input by name: those of files, and of what was decoded or typed in."""
    decoded: dict[str, object] = {
        "terms": inputs.terms,
        "season": (inputs.season.first, inputs.season.days, inputs.season.timezone),
        "edits": (inputs.edits.as_of, inputs.edits.overrides, inputs.edits.levers),
        "draws": (inputs.seed, inputs.paths, inputs.peak_minute),
    }
    hashes = dict(inputs.hashes)
    hashes |= {name: sha256(msgspec.json.encode(value)).hexdigest() for name, value in decoded.items()}
    return dict(sorted(hashes.items()))


def plan_id(inputs: PlanInputs) -> str:
    """Return what the plan is known by, 16 hexadecimal digits."""
    known = (all_hashes(inputs), dict(sorted(inputs.versions.items())))
    return sha256(msgspec.json.encode(known)).hexdigest()[:16]


def hash_of(demand: Demand) -> str:
    """Return the SHA-256 of a history as it is learned from: exclusions that were taken back make another one."""
    digest = sha256(repr((demand.first, demand.products)).encode())
    parts = (
        demand.units,
        demand.in_stock,
        demand.open_days,
        demand.orders,
        demand.lines,
        demand.revenue_minor,
        demand.orders_by_hour,
        demand.visits,
    )
    for part in parts:
        digest.update(b"none" if part is None else part.tobytes())
    return digest.hexdigest()
