"""A plan made again: what it was made with, from what it left behind."""

from dataclasses import replace

from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.plan.inputs import PlanInputs
from springtide.contracts.peak.plan import Plan, PlanRecord


def inputs_again(plan: Plan, record: PlanRecord, joint: JointPaths, *, edits: Edits | None = None) -> PlanInputs:
    """Return everything besides the history that the plan was made with; with `edits`, under other ones."""
    return PlanInputs(
        season=joint.forecast.season,
        terms=record.terms,
        edits=replace(edits or joint.edits, as_of=record.terms.as_of),
        quality=plan.quality,
        seed=joint.seed,
        paths=joint.totals.paths,
        hashes=record.hashes,
        versions=plan.versions,
        peak_minute=joint.totals.peak_minute,
        visits_counted=record.visits_counted,
    )
