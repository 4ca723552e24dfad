"""`springtide peak …`: everything the pages of the peak desk do, on files."""

import argparse
from importlib import import_module, util

from springtide.commands.output import fail
from springtide.commands.peak import STEPS, Step
from springtide.platform.errors import SpringtideError
from springtide.settings import Settings

_NEEDS = "numpy"


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Run one step of the desk; exit 1 with the mistakes named when the input cannot be used."""
    chosen = _parser().parse_args(options.words)
    if util.find_spec(_NEEDS) is None:
        return fail("the peak desk needs its extra: uv sync --extra peak, or pip install 'springtide[peak]'")
    step: Step = import_module(f"springtide.commands.peak.{chosen.step.replace('-', '_')}")
    try:
        return step.run(settings, chosen)
    except (SpringtideError, OSError) as problem:
        return fail(problem)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="springtide peak", description="Plan a peak, from files to a readiness page.")
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, (words, add_arguments) in STEPS.items():
        add_arguments(steps.add_parser(name, help=words, description=words))
    return parser
