"""`springtide peak company export|import FOLDER`: the desk's documents as files, and files as its newest documents."""

import argparse
import asyncio
from pathlib import Path

from msgspec.structs import replace

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, say
from springtide.contracts.peak.api import InputDocument, InputEdit, PeakApi
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT
from springtide.contracts.peak.documents import FOLDER_DOCUMENTS
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.source import LEVERS_DOCUMENT
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from springtide.settings import Settings

MOVED = (*FOLDER_DOCUMENTS, CALENDAR_DOCUMENT, LEVERS_DOCUMENT)
"""What a desk takes over from another one; where the history lies is its own."""


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Write the documents into the folder, or save what lies there; a line for each."""
    asyncio.run(_run(settings, options.do, Path(options.folder), options.reason))
    return 0


async def _run(settings: Settings, do: str, folder: Path, reason: str) -> None:
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {"peak"}, background=False, serve=False) as node,
    ):
        peak = node.ask(PeakApi)
        await (write(peak, folder) if do == "export" else take(peak, folder, reason))


async def write(peak: PeakApi, folder: Path) -> None:
    """Write the documents, a line for each."""
    caller = system("cli")
    there = [info for info in await peak.list_inputs(caller=caller) if info.name in MOVED]
    found = [await peak.get_input(caller=caller, name=info.name) for info in there]
    await asyncio.to_thread(_write, folder, found)
    for info in there:
        say(f"{info.name}, version {info.version}")


def _write(folder: Path, documents: list[InputDocument]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents:
        (folder / document.info.name).write_text(document.text, encoding="utf-8")


def _read(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text(encoding="utf-8") for name in MOVED if (folder / name).is_file()}


async def take(peak: PeakApi, folder: Path, reason: str) -> None:
    """Save what lies in a folder, all or nothing; InvalidPeakInput naming every mistake, also for none."""
    caller = replace(system("cli"), reason=reason or f"imported from {folder}")
    texts = await asyncio.to_thread(_read, folder)
    if not texts:
        message = f"there is none of {', '.join(MOVED)} in it"
        raise InvalidPeakInput.of([Mistake(where=str(folder), rule="no_documents", message=message)])
    there = {info.name: info.version for info in await peak.list_inputs(caller=caller)}
    edits = tuple(InputEdit(name=name, text=text, expected_version=there.get(name, 0)) for name, text in texts.items())
    for info in await peak.put_inputs(caller=caller, key=new_key(), edits=edits):
        say(f"{info.name}, version {info.version}{'' if info.version > there.get(info.name, 0) else ' as before'}")
