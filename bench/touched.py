"""Rows and buffers an order touches, from PostgreSQL's own counters: every statement, whoever sends it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from bench.figures import markdown
from springtide.settings import CONTEXTS

_COUNTERS = """
    select t.schemaname || '.' || regexp_replace(t.relname, '_default$', ''),
           coalesce(t.seq_tup_read, 0)::bigint, coalesce(t.idx_tup_fetch, 0)::bigint,
           (t.n_tup_ins + t.n_tup_upd + t.n_tup_del)::bigint,
           (io.heap_blks_hit + io.heap_blks_read)::bigint,
           (coalesce(io.idx_blks_hit, 0) + coalesce(io.idx_blks_read, 0))::bigint
    from pg_stat_user_tables t join pg_statio_user_tables io using (relid)
    where t.schemaname = any(%s)
"""
_FLUSHED_WITHIN_S = 1.5


@dataclass(frozen=True, slots=True)
class Touched:
    """Rows read by scan and by index, rows written, and buffers of tables and of indexes."""

    scanned: float = 0.0
    fetched: float = 0.0
    written: float = 0.0
    table_buffers: float = 0.0
    index_buffers: float = 0.0

    def per_order(self, before: "Touched", orders: int) -> "Touched":
        """Return the difference to an earlier look, per order."""
        pairs = ((getattr(self, name), getattr(before, name)) for name in self.__slots__)
        return Touched(*((now - then) / max(1, orders) for now, then in pairs))

    def __add__(self, other: "Touched") -> "Touched":
        return Touched(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def __str__(self) -> str:
        return (
            f"rows: {self.written:.0f} written, {self.fetched:.0f} by index, {self.scanned:.0f} by scan;"
            f" buffers: {self.table_buffers:.0f} of tables, {self.index_buffers:.0f} of indexes"
        )


def touched_by_table(url: str) -> dict[str, Touched]:
    """Return the counters of each table; sessions report at most once a second, so wait that long."""
    time.sleep(_FLUSHED_WITHIN_S)
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(_COUNTERS, [list(CONTEXTS)]).fetchall()
    return {name: Touched(*map(float, counters)) for name, *counters in rows}


def touched_so_far(url: str) -> Touched:
    """Return the sum over all tables but those of jobs."""
    every = touched_by_table(url)
    return sum((one for name, one in every.items() if ".procrastinate" not in name), start=Touched())


def touched_table(before: Mapping[str, Touched], after: Mapping[str, Touched], *, orders: int) -> str:
    """Return a table of what each table had to do per order, the busiest first."""
    each = {name: now.per_order(before.get(name, Touched()), orders) for name, now in after.items()}
    busiest = sorted(each.items(), key=lambda item: -(item[1].table_buffers + item[1].index_buffers))
    body = [
        (name, f"{t.written:.1f}", f"{t.fetched:.1f}", f"{t.scanned:.1f}", f"{t.table_buffers + t.index_buffers:.1f}")
        for name, t in busiest
        if t.table_buffers + t.index_buffers >= 0.5
    ]
    return markdown(("table", "rows written", "by index", "by scan", "buffers, per order"), body)
