"""`springtide peak load FILE`: gives the desk of a running shop its history and its documents.

Files are looked over here, by the numerics, before anything is kept: what is wrong is named with its row. `demo` is the
demo shop's past with its company, `shop` the running shop's own orders with its stock.
"""

import argparse
import asyncio
import csv
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, say
from springtide.commands.peak.options import DEMO, SHOP
from springtide.commands.peak.past import DEMO_CURRENCY, DEMO_EVENTS, demo_lines, read_past
from springtide.contexts.peak.jobs import history_folder
from springtide.contexts.peak.providers.calendar_file import USUAL_EVENTS
from springtide.contexts.peak.providers.company_files import read_documents
from springtide.contexts.peak.providers.kept_files import keep_file
from springtide.contexts.peak.providers.order_lines import write_order_lines
from springtide.contexts.peak.service.shop_history import write_shop
from springtide.contracts.peak.accuracy import ACCURACY_DOCUMENT
from springtide.contracts.peak.api import InputEdit, InputInfo, PeakApi, PeakNotFound
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT
from springtide.contracts.peak.company import COMPANY_DOCUMENT, currency_of
from springtide.contracts.peak.documents import first_text, toml_of
from springtide.contracts.peak.source import (
    CALIBRATION_DOCUMENT,
    KEPT_FILES,
    LEVERS_DOCUMENT,
    SOURCE_DOCUMENT,
    HistorySource,
)
from springtide.demo.catalogue import read_catalogue
from springtide.demo.company import COMPANY_FOLDER, LEARNED_FOLDER
from springtide.demo.opening_stock import read_opening_stock
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from springtide.platform.wiring import Ask
from springtide.settings import Settings

_CALLER = system("cli")
_SHOP = ("orders", "catalog", "inventory", "insight")
"""The contexts that know a shop's past."""


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Look everything over, keep the files, save the documents."""
    with tempfile.TemporaryDirectory(prefix="springtide-peak-") as folder:
        options.usual_events = USUAL_EVENTS
        if options.file == DEMO:
            _write_demo(Path(folder), options)
        elif options.file != SHOP:
            read_past(options)
        for info in asyncio.run(_load(settings, options, Path(folder))):
            say(f"{info.name}, version {info.version}")
    return 0


async def _load(settings: Settings, options: argparse.Namespace, folder: Path) -> tuple[InputInfo, ...]:
    needed = {"peak", *_SHOP} if options.file == SHOP else {"peak"}
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, needed, background=False, serve=False) as node,
    ):
        if options.file == SHOP:
            await take_shop(node.ask, folder, options)
        peak, kept = node.ask(PeakApi), history_folder(Path(complete.data_dir))
        files = {name: getattr(options, name) for name in KEPT_FILES if getattr(options, name)}
        names = {name: await asyncio.to_thread(keep_file, kept, Path(path)) for name, path in files.items()}
        source = HistorySource(
            **names,
            timezone=options.timezone,
            keep=tuple(options.keep),
            until=options.history_until,
            currency=options.currency or await _currency(peak, options),
        )
        there = {info.name: info.version for info in await peak.list_inputs(caller=_CALLER)}
        texts = {SOURCE_DOCUMENT: toml_of(source), **dict(_documents(options, there))}
        edits = tuple(
            InputEdit(name=name, text=text, expected_version=there.get(name, 0)) for name, text in texts.items()
        )
        return await peak.put_inputs(caller=_CALLER, key=new_key(), edits=edits)


async def _currency(peak: PeakApi, options: argparse.Namespace) -> str:
    """Return the currency of the company that is loaded with the past, else of the desk's; "" where there is none."""
    if options.company:
        return currency_of((Path(options.company) / COMPANY_DOCUMENT).read_text(encoding="utf-8"))
    try:
        return currency_of((await peak.get_input(caller=_CALLER, name=COMPANY_DOCUMENT)).text)
    except PeakNotFound:
        return ""


async def take_shop(ask: Ask, folder: Path, options: argparse.Namespace) -> None:
    """Write the shop's own past as files, point the options at them, and look them over as any others."""
    today = datetime.now(UTC).date()  # visits are asked for up to here
    shop = await write_shop(ask, folder, today=today)
    options.currency = shop.currency
    for name, path in shop.files.items():
        if name == "file" or not getattr(options, name):
            setattr(options, name, str(path))
    await asyncio.to_thread(read_past, options)


def _documents(options: argparse.Namespace, there: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Yield the documents that were given, and first versions of those that are not there yet."""
    if options.events:
        yield CALENDAR_DOCUMENT, Path(options.events).read_text(encoding="utf-8")
    elif CALENDAR_DOCUMENT not in there:
        yield CALENDAR_DOCUMENT, options.usual_events.read_text(encoding="utf-8")
    if LEVERS_DOCUMENT not in there:
        yield LEVERS_DOCUMENT, first_text(LEVERS_DOCUMENT)
    if options.learned:
        for name in (CALIBRATION_DOCUMENT, ACCURACY_DOCUMENT):
            yield name, (Path(options.learned) / name).read_text(encoding="utf-8")
    if options.company:
        for name, text in read_documents(Path(options.company)).items():
            yield name, text.decode()


def _write_demo(folder: Path, options: argparse.Namespace) -> None:
    """Write the demo's past, catalogue and opening stock as files, and point the options at them."""
    lines = demo_lines()
    options.file = str(folder / "demo.parquet")
    write_order_lines(lines, Path(options.file), currency=DEMO_CURRENCY)
    categories = {row.sku: row.category for row in read_catalogue()}
    unlisted = sorted(set(lines.frame["sku"].unique().to_list()) - categories.keys())
    catalogue = [*categories.items(), *((sku, "") for sku in unlisted)]
    options.catalogue = _write(folder / "catalogue.csv", ("sku", "category"), catalogue)
    on_hand: dict[str, tuple[int, int]] = {}
    for row in read_opening_stock():
        on_hand[row.sku] = (on_hand.get(row.sku, (0, 0))[0] + row.on_hand, row.pack_size)
    stock = [(sku, units, pack) for sku, (units, pack) in on_hand.items()]
    options.stock = _write(folder / "stock.csv", ("sku", "on_hand", "pack"), stock)
    options.company = options.company or str(COMPANY_FOLDER)
    options.learned = options.learned or str(LEARNED_FOLDER)
    options.usual_events = DEMO_EVENTS
    options.timezone, options.currency = lines.timezone, DEMO_CURRENCY


def _write(path: Path, header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return str(path)
