"""Statements and transactions per order: PostgreSQL logs every statement for a moment, and the log is counted."""

import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from bench.figures import markdown

# 2026-11-22 06:30:00.000 UTC [123] springtide_orders@springtide LOG:  execute _pg3_1: /* kernel_now */ select …
_LINE = re.compile(r"\] (?P<user>\w+)@\w+ LOG:  (?:statement|execute [^:]+): (?P<text>.*)")
_NAME = re.compile(r"/\* (?P<name>\w+) \*/")
_TAKES_EFFECT_S = 0.3


def name_of(line: str) -> tuple[str, str] | None:
    """Return context and statement of a line of the log; None when the line is none."""
    found = _LINE.search(line)
    if found is None:
        return None
    named = _NAME.search(found["text"])
    name = named["name"] if named else _words(found["text"])
    return found["user"].removeprefix("springtide_"), name


def counted(lines: Iterable[str]) -> Counter[tuple[str, str]]:
    """Count statements by context and name, without the superuser's; a statement may begin on a line of its own."""
    counts: Counter[tuple[str, str]] = Counter()
    context = ""
    for line in lines:
        if context:
            counts[context, _words(line)] += 1
        named = name_of(line)
        context = named[0] if named is not None and not named[1] else ""
        if named is not None and named[1] and named[0] != "postgres":
            counts[named] += 1
    return counts


def _words(text: str) -> str:
    return " ".join(text.split()[:4])


class StatementLog:
    """Logs every statement while the block lasts, then counts them."""

    def __init__(self, url: str, log: Path) -> None:
        self._url = url
        self._log = log
        self._counts: Counter[tuple[str, str]] = Counter()
        self._commits = 0

    def __enter__(self) -> Self:
        """Switch the log on."""
        self._start = self._log.stat().st_size
        self._set("all")
        self._commits = self._transactions()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Switch it off and count."""
        self._commits = self._transactions() - self._commits
        self._set("none")
        with self._log.open("rb") as log:
            log.seek(self._start)
            self._counts = counted(line.decode(errors="replace") for line in log)

    def table(self, *, orders: int) -> str:
        """Return the statements per order, most frequent first."""
        each = max(1, orders)
        by_context: Counter[str] = Counter()
        for (context, _), count in self._counts.items():
            by_context[context] += count
        shares = ", ".join(f"{context} {count / each:.1f}" for context, count in by_context.most_common())
        head = (
            f"{orders} orders: {self._counts.total() / each:.1f} statements and {self._commits / each:.1f} transactions"
            f" per order, with all that follows: {shares}"
        )
        body = [
            (context, name, f"{count / each:.2f}")
            for (context, name), count in self._counts.most_common()
            if count / each >= 0.02
        ]
        return f"{head}\n{markdown(('context', 'statement', 'per order'), body)}"

    def _set(self, value: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"alter system set log_statement = '{value}'".encode())
            connection.execute("select pg_reload_conf()")
        time.sleep(_TAKES_EFFECT_S)

    def _transactions(self) -> int:
        with psycopg.connect(self._url, autocommit=True) as connection:
            row = connection.execute(
                "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
            ).fetchone()
        assert row is not None
        return int(row[0])
