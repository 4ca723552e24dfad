"""`springtide export`: write facts to standard output, page by page."""

import argparse
import asyncio
import csv
import os
import sys
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import msgspec

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, fail
from springtide.contracts.catalog.api import CatalogApi, ProductRow
from springtide.contracts.common import TRIAL_CHANNELS
from springtide.contracts.inventory.api import InventoryApi, StockRow
from springtide.contracts.orders.api import Order, OrderFilter, OrderRow, OrdersApi
from springtide.contracts.orders.sales import COLUMNS, in_one_currency, rows_of
from springtide.contracts.paging import every
from springtide.platform.caller import system
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.errors import SpringtideError
from springtide.platform.wiring import Ask
from springtide.rehearsal.load.baskets import BasketCounter
from springtide.settings import Settings

_CALLER = system("cli")
_PAGE = 200


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Write rows as CSV or as one JSON object a line."""
    try:
        asyncio.run(_export(settings, options))
    except BrokenPipeError:  # the reader has seen enough (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (EngineProblem, SpringtideError) as problem:
        return fail(problem)
    return 0


async def _export(settings: Settings, options: argparse.Namespace) -> None:
    if options.what == "baskets":
        await _export_baskets(settings, options)
        return
    if options.what == "sales":
        await _export_sales(settings, options)
        return
    needed = {"products": "catalog", "stock": "inventory", "orders": "orders"}[options.what]
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {needed}, background=False, serve=False) as node,
    ):
        writer: Any = None
        async for row in _rows(node.ask, options):
            flat = {name: _cell(value) for name, value in msgspec.to_builtins(row).items()}
            if options.format == "json":
                sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
                continue
            if writer is None:
                writer = csv.DictWriter(sys.stdout, fieldnames=list(flat))
                writer.writeheader()
            writer.writerow(flat)


async def _export_sales(settings: Settings, options: argparse.Namespace) -> None:
    """Write order lines as `springtide peak` reads them; those of health checks and rehearsals are no sales."""
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {"orders"}, background=False, serve=False) as node,
    ):
        writer = csv.DictWriter(sys.stdout, fieldnames=COLUMNS)
        if options.format == "csv":
            writer.writeheader()
        sales = every(partial(node.ask(OrdersApi).sales, with_imported=options.imported), _CALLER)
        async for sale in in_one_currency(sales):
            for row in rows_of(sale):
                if options.format == "json":
                    sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
                else:
                    writer.writerow(row)


async def _orders(orders: OrdersApi, options: argparse.Namespace) -> AsyncIterator[Order]:
    """Yield every order but those of health checks and rehearsals."""
    async for row in _order_rows(orders, options):
        order = await orders.get(caller=_CALLER, order_id=row.id)
        if order.origin.channel not in TRIAL_CHANNELS:
            yield order


def _order_rows(orders: OrdersApi, options: argparse.Namespace) -> AsyncIterator[OrderRow]:
    where = OrderFilter(with_imported=options.imported)
    return every(partial(orders.list_orders, where=where, limit=_PAGE), _CALLER)


async def _export_baskets(settings: Settings, options: argparse.Namespace) -> None:
    """Count what orders hold and write one JSON object; those of health checks and rehearsals do not count."""
    counter = BasketCounter()
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {"orders"}, background=False, serve=False) as node,
    ):
        async for order in _orders(node.ask(OrdersApi), options):
            counter.count((line.sku, line.ordered) for line in order.lines)
    figures = counter.figures(f"orders of {complete.shop_url()}")
    sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")


def _cell(value: object) -> object:
    return " ".join(str(part) for part in value) if isinstance(value, list) else value


def _rows(
    ask: Ask, options: argparse.Namespace
) -> AsyncIterator[ProductRow] | AsyncIterator[StockRow] | AsyncIterator[OrderRow]:
    if options.what == "products":
        return every(partial(ask(CatalogApi).list_products, limit=_PAGE), _CALLER)
    if options.what == "stock":
        return every(partial(ask(InventoryApi).stock, limit=_PAGE), _CALLER)
    return _order_rows(ask(OrdersApi), options)
