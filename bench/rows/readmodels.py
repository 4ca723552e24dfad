"""Read models in memory at 5,000 and 50,000 products, each size filled in a process of its own."""

import asyncio
from typing import Any

from bench.bench import Bench
from bench.figures import Figure, at_most
from bench.read_models import in_own_process

ROW = "readmodels"
_SIZES = (5_000, 50_000)
_DOCUMENT_LIMIT_BYTES = 4_096


async def measure(bench: Bench) -> list[Figure]:
    """Return MB of shelf and search index, and the largest document, at both sizes."""
    await bench.rest()
    found = [await asyncio.to_thread(in_own_process, size) for size in _SIZES]
    largest = max(one["largest_document_bytes"] for one in found)
    what = "largest product document, one language"
    return [
        *(_figure(one) for one in found),
        Figure(row=ROW, what=what, **at_most(largest, _DOCUMENT_LIMIT_BYTES, unit=" bytes")),
    ]


def _figure(found: dict[str, Any]) -> Figure:
    return Figure(
        row=ROW,
        what=f"read models at {found['products']:,} products",
        value=f"{found['read_model_mb']:,} MB",
        detail=f"shelf {found['of_that_shelf_mb']}, search {found['of_that_search_mb']};"
        f" {found['variants']:,} variants, {found['documents']:,} documents of {found['documents_mb']} MB",
    )
