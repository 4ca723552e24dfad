"""A history as it was learned from, in a file: what a frozen plan can be made from again."""

from datetime import date
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.demand import Demand, Product
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

_ARRAYS = ("units", "in_stock", "open_days", "orders", "lines", "revenue_minor", "orders_by_hour")


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    first: date
    products: list[tuple[str, str, float]]


def write_demand(demand: Demand, path: Path) -> None:
    """Write a history; the same one gives the same bytes."""
    products = [(product.sku, product.category, product.price_minor) for product in demand.products]
    header = _Header(first=demand.first, products=products)
    arrays: dict[str, NDArray[Any]] = {name: getattr(demand, name) for name in _ARRAYS}
    arrays["header"] = np.frombuffer(msgspec.json.encode(header), dtype=np.uint8)
    if demand.visits is not None:
        arrays["visits"] = demand.visits
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_demand(path: Path) -> Demand:
    """Read a history; raises InvalidPeakInput for a file that is none, OSError."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = msgspec.json.decode(arrays["header"].tobytes(), type=_Header)
        products = tuple(Product(sku=sku, category=group, price_minor=price) for sku, group, price in header.products)
        kept = {name: arrays[name] for name in _ARRAYS}
        return Demand(first=header.first, products=products, visits=arrays.get("visits"), **kept)
    except (BadZipFile, KeyError, TypeError, ValueError, EOFError, msgspec.DecodeError) as problem:
        mistake = Mistake(where=path.name, rule="no_demand_file", message=f"this is no file of a history: {problem}")
        raise InvalidPeakInput.of([mistake]) from problem
