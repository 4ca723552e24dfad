"""The whole step in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from springtide.contexts.peak.domain.fulfilment.plan import Fulfilment, plan_fulfilment
from springtide.contexts.peak.domain.fulfilment.proofs import worst_days
from springtide.contexts.peak.domain.fulfilment.report import report_of
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.fulfilment import FulfilmentPlan, FulfilmentTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentStep:
    """The step's numbers on every path, for the steps that come after, and its words."""

    result: Fulfilment
    plan: FulfilmentPlan


def fulfilment_step(
    totals: PathTotals,
    company: Company,
    *,
    terms: FulfilmentTerms,
    today: date,
    closed: Sequence[date] = (),
    seed: int = 1,
) -> FulfilmentStep:
    """Plan houses and carriers; raises as `plan_fulfilment`. `today`: decisions due soon after it are urgent."""
    result = plan_fulfilment(totals, company, terms, closed=closed, seed=seed)
    worst = tuple(worst_days(totals, result, seed=seed))
    return FulfilmentStep(result=result, plan=report_of(result, company, worst, today=today))
