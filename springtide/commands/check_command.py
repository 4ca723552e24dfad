"""`springtide check`: compare the facts of all contexts and of the gateways' own ledgers."""

import argparse
import asyncio
import sys

import msgspec

from springtide.bootstrap import running
from springtide.commands.engines import with_gateways
from springtide.commands.evidence import file_run, measured, why_not
from springtide.commands.output import aside
from springtide.contracts.common import Finding
from springtide.contracts.payments.api import LEDGER_UNREADABLE
from springtide.contracts.peak.evidence import COMPARED, DIFFERENCES, MeasuredRun, RunKind
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.errors import Unavailable
from springtide.rehearsal.checker import Report, check
from springtide.settings import CONTEXTS, Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print a table of rules with their counts, then every difference; exit 1 when there is one."""
    try:
        report = asyncio.run(_check(settings))
    except (EngineProblem, Unavailable) as problem:
        sys.stderr.write(f"springtide: the check could not be made: {problem}\n")
        return 1
    if options.json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        sys.stdout.write(as_text(report))
    return 1 if report.findings else 0


async def _check(settings: Settings) -> Report:
    async with (
        with_gateways(settings, say=aside) as complete,
        running(complete, CONTEXTS, background=False, serve=False) as node,
    ):
        report = await check(node.ask)
    unread, differing = parted(report)
    if unread and not differing:
        names = ", ".join(finding.subject for finding in unread)
        aside(f"evidence: not filed, {names} did not show its books: nothing was compared with it")
    else:
        await file_run(settings, _as_run(report, differing, complete))
    return report


def parted(report: Report) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that only say a gateway did not answer, as in a shop that is starting, and the others."""
    unread = [finding for finding in report.findings if finding.rule == LEDGER_UNREADABLE]
    return unread, [finding for finding in report.findings if finding not in unread]


def _as_run(report: Report, differing: list[Finding], settings: Settings) -> MeasuredRun:
    figures = {COMPARED: float(sum(report.compared.values())), DIFFERENCES: float(len(differing))}
    return measured(
        RunKind.CHECK, ran="springtide check", why=why_not(differing), target=settings.shop_url(), figures=figures
    )


def as_text(report: Report) -> str:
    """Return the report for people: a line per rule, the differences, and what to do next."""
    width = max(len(rule) for rule in report.compared)
    lines = [f"{rule:<{width}}  {count:>10,} compared" for rule, count in report.compared.items()]
    lines += [f"DIFFERENCE  {finding.rule}  {finding.subject}: {finding.detail}" for finding in report.findings]
    verdict = (
        f"{len(report.findings)} differences: look each of them up in the back office under its id."
        if report.findings
        else "No differences."
    )
    return "\n".join([*lines, "", f"{report.exempt:,} imported orders are exempt by origin.", verdict, ""])
