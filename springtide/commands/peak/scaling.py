"""`springtide peak scaling`: the servers of a plan, as the files that machines are run by."""

import argparse
from pathlib import Path

import msgspec

from springtide.commands.output import say
from springtide.contexts.peak.providers.scaling_files import fleet_groups, rewrite_overlay
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.servers import ServerPlan
from springtide.settings import Settings

_OVERLAY_FILE = "scaling.yaml"


class _Servers(msgspec.Struct):
    """What this step reads of a plan."""

    servers: ServerPlan
    timezone: str = "Europe/London"


def run(_settings: Settings, options: argparse.Namespace) -> int:
    """Write what was asked for, and say the numbers."""
    found = _read(Path(options.plan))
    written: list[tuple[Path, str]] = []
    if options.overlay:
        overlay = Path(options.overlay) / _OVERLAY_FILE
        text = overlay.read_text(encoding="utf-8")
        written.append((overlay, rewrite_overlay(text, found.servers, timezone=found.timezone)))
    if options.fleet:
        written.append((Path(options.fleet), fleet_groups(found.servers, cores=options.cores)))
    for path, text in written:  # nothing is written before everything could be made
        path.write_text(text, encoding="utf-8")
    for service in found.servers.services:
        early = ", ".join(f"{window.processes} from {window.start:%d %b %H:%M}" for window in service.early)
        say(f"{service.service:<10} {service.least} to {service.most} processes{f', early: {early}' if early else ''}")
    for path, _ in written:
        say(f"Written: {path}")
    if not written:
        say("Nothing written: name an --overlay or a --fleet")
    return 0


def _read(path: Path) -> _Servers:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Servers)
    except msgspec.DecodeError as error:
        raise InvalidPeakInput.of([Mistake(where=str(path), rule="not_a_plan", message=str(error))]) from None
