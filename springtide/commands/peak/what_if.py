"""`springtide peak what-if FOLDER`: the same futures with a lever or an override changed."""

import argparse
from dataclasses import replace
from pathlib import Path

import msgspec

from springtide.commands.output import aside, say
from springtide.commands.peak.scenario import levers_of, versions
from springtide.commands.peak.told import Watch, change_in_words
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.plan.again import inputs_again
from springtide.contexts.peak.domain.plan.assemble import change_plan
from springtide.contexts.peak.domain.plan.side import base_side, side_of
from springtide.contexts.peak.providers.plan_files import read_overrides, read_plan, read_side, write_plan
from springtide.contracts.peak.common import Phrase
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Say what changes; with `--out` the changed plan is written."""
    del settings
    before, record, joint = read_plan(Path(options.plan))
    watch = Watch(before.currency)
    watch.read("plan", Phrase(key="plan.read", values={"plan": before.id, "products": before.products}))
    overrides = read_overrides(Path(options.overrides)) if options.overrides else joint.edits.overrides
    edits = Edits(as_of=record.terms.as_of, overrides=overrides, levers=levers_of(options, joint.edits.levers))
    inputs = replace(inputs_again(before, record, joint, edits=edits), versions=versions())
    made = change_plan(joint, inputs, edits, watch)
    if options.out:
        write_plan(Path(options.out), made.plan, record, made.joint)
    if options.json:
        say(msgspec.json.encode(made.plan).decode())
        return 0
    base = read_side(Path(options.plan)) or base_side(joint, inputs_again(before, record, joint))
    for line in change_in_words(base, side_of(made.plan), before.currency):
        say(line)
    aside(f"{watch.seconds:.1f} s in all{f'; written to {options.out}' if options.out else ''}")
    return 0
