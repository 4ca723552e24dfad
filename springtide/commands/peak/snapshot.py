"""`springtide peak snapshot PLAN`: a plan as it was frozen, looked over, written out, made again."""

import argparse
from pathlib import Path

from springtide.commands.output import say
from springtide.commands.peak.frozen import folder_of
from springtide.commands.peak.told import Watch
from springtide.contexts.peak.providers.plan_files import read_plan
from springtide.contexts.peak.providers.snapshot import is_same, make_again, read_manifest
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.snapshot import snapshot_hash
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Say the hashes of what is frozen; with `--remake` return 1 when another plan came out."""
    if options.plan.isdigit() and not options.out:
        message = "say with --out where the plan is written"
        raise InvalidPeakInput.of([Mistake(where="--out", rule="missing", message=message)])
    folder = folder_of(settings, options.plan, Path(options.out))
    manifest = read_manifest(folder)
    say(f"Plan {manifest.plan} in {folder}, frozen as {snapshot_hash(manifest)}")
    for name, sha256 in manifest.files.items():
        say(f"  {sha256}  {name}")
    if not options.remake:
        return 0
    plan, _, _ = read_plan(folder)
    if is_same(folder, make_again(folder, Watch(plan.currency))):
        say("Made again: the same plan.json, byte for byte")
        return 0
    say("Made again: another plan.json came out. The machine or its threads differ; the versions are the same")
    return 1
