"""`springtide peak what-if FOLDER`: the same futures with a lever or an override changed."""

import argparse
from pathlib import Path

import msgspec

from springtide.commands.output import aside, say
from springtide.commands.peak.scenario import levers_of, versions
from springtide.commands.peak.told import Watch, change_in_words
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.plan.assemble import change_plan
from springtide.contexts.peak.domain.plan.inputs import PlanInputs
from springtide.contexts.peak.providers.plan_files import read_overrides, read_plan, write_plan
from springtide.contracts.peak.common import Phrase
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Say what changes; with `--out` the changed plan is written."""
    del settings
    watch = Watch()
    before, record, joint = read_plan(Path(options.plan))
    watch.read("plan", Phrase(key="plan.read", values={"plan": before.id, "products": before.products}))
    overrides = read_overrides(Path(options.overrides)) if options.overrides else joint.edits.overrides
    edits = Edits(as_of=record.terms.as_of, overrides=overrides, levers=levers_of(options, joint.edits.levers))
    inputs = PlanInputs(
        season=joint.forecast.season,
        terms=record.terms,
        edits=edits,
        quality=before.quality,
        seed=joint.seed,
        paths=joint.totals.paths,
        hashes=record.hashes,
        versions=versions(),
        peak_minute=before.peak_minute,
        visits_counted=record.visits_counted,
    )
    made = change_plan(joint, inputs, edits, watch)
    if options.out:
        write_plan(Path(options.out), made.plan, record, made.joint)
    if options.json:
        say(msgspec.json.encode(made.plan).decode())
        return 0
    for line in change_in_words(before, made.plan):
        say(line)
    aside(f"{watch.seconds:.1f} s in all{f'; written to {options.out}' if options.out else ''}")
    return 0
