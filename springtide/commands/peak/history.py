"""`springtide peak history FILE`: what the past is worth as a teacher, before anything is learned from it."""

import argparse
from collections.abc import Iterator
from importlib.resources import files

import msgspec

from springtide.commands.output import fail, say
from springtide.commands.peak.past import read_past
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.history import Exclusion, QualityReport
from springtide.platform.money import written
from springtide.settings import Settings

_SHOWN = 5


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print the report; `--json` prints all of it."""
    del settings
    past = read_past(options)
    if past.report is None:
        return fail(f"{options.file} holds ready series: nothing is left to look over; use order lines")
    if options.json:
        say(msgspec.json.encode(past.report).decode())
        return 0
    for line in _lines(past.report, options.currency):
        say(line)
    return 0


def _lines(report: QualityReport, currency: str) -> Iterator[str]:
    yield f"{report.source}, {report.first} to {report.last}, clock of {report.timezone}"
    yield (
        f"{report.lines_read:,} lines read -> {report.orders:,.0f} orders, {report.lines:,.0f} lines,"
        f" {report.units:,.0f} units of {report.products:,} products, revenue {written(report.revenue_minor, currency)}"
    )
    yield f"{report.open_days} of {report.days} days can be learned from"
    for phrase in report.warnings:
        yield f"! {_words(phrase)}"
    yield ""
    for count in (count for count in report.rules if count.found):
        taken_back = f", {count.kept} taken back" if count.kept else ""
        yield f"{count.rule}: {_words(Phrase(key=f'history.{count.rule}'))}"
        weight = f", {count.lines:,} lines, {count.units:,.0f} units" if count.lines else ""
        yield f"  {count.found:,} found{taken_back}{weight}"
        own = sorted(report.of(count.rule), key=_largest_first)
        yield from (f"    {_shown(exclusion)}" for exclusion in own[:_SHOWN])
        if count.found > _SHOWN:
            yield f"    and {count.found - _SHOWN:,} more (--json lists all)"
    yield ""
    yield "Take one back with --keep KEY, all of a rule with --keep RULE."


def _largest_first(exclusion: Exclusion) -> tuple[float, int, str]:
    return -abs(exclusion.units), -(exclusion.last - exclusion.first).days, exclusion.key


def _shown(exclusion: Exclusion) -> str:
    days = f"{exclusion.first}" if exclusion.first == exclusion.last else f"{exclusion.first} to {exclusion.last}"
    about = f" {exclusion.subject}" if exclusion.subject and exclusion.subject not in exclusion.key else ""
    units = f", {exclusion.units:,.0f} units" if exclusion.units else ""
    return f"{exclusion.key}{about}, {days}{units}{' (taken back)' if exclusion.kept else ''}"


def _words(phrase: Phrase) -> str:
    step, _, name = phrase.key.partition(".")
    text = files("springtide.contracts.peak") / "phrases" / f"{step}.toml"
    words: str = msgspec.toml.decode(text.read_bytes(), type=dict[str, dict[str, str]])[name]["en"]
    return words.format(**phrase.values)
