"""Evidence: a folder of reports with an index, also of runs that failed, could not be made, or were missed.

index.json  index.html                  all runs, newest first
<run>-<scenario>/report.json  .html     one run
schedule-<scenario>.json                when the next regular run is due: how a missed one is known
"""

from datetime import datetime
from html import escape
from pathlib import Path

import msgspec

from springtide.platform.embedded.files import write_atomically
from springtide.rehearsal.load.page import HEAD, as_page
from springtide.rehearsal.load.report import Report

PASSED, FAILED, ERROR, MISSED = "passed", "failed", "error", "missed"
_SIGNS = {PASSED: "✓ passed", FAILED: "✗ failed", ERROR: "✗ not made", MISSED: "✗ missed"}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A run in the index. `said`: the first bottleneck, or why there is no report; `folder`: "" without a report."""

    key: str
    at: datetime
    state: str
    said: str
    folder: str = ""


class _Due(msgspec.Struct, frozen=True):
    words: str
    next_at: datetime


class Evidence:
    """One folder of evidence."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = folder / "index.json"

    def entries(self) -> list[Entry]:
        """Return all entries, newest first."""
        if not self._index.exists():
            return []
        return msgspec.json.decode(self._index.read_bytes(), type=list[Entry])

    def last(self, key: str) -> Report | None:
        """Return the newest report of a scenario."""
        for entry in self.entries():
            if entry.key == key and entry.folder:
                return msgspec.json.decode((self.folder / entry.folder / "report.json").read_bytes(), type=Report)
        return None

    def file(self, report: Report) -> Path:
        """File a report; return its page."""
        name = f"{report.run}-{report.key}"
        place = self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        content = msgspec.json.format(msgspec.json.encode(report)).decode() + "\n"
        write_atomically(place / "report.json", content, mode=0o644)
        write_atomically(place / "report.html", as_page(report), mode=0o644)
        state = PASSED if report.passed else FAILED
        self.note(Entry(key=report.key, at=report.started_at, state=state, said=report.bottleneck, folder=name))
        return place / "report.html"

    def note(self, entry: Entry) -> None:
        """Add an entry and write the index."""
        self.folder.mkdir(parents=True, exist_ok=True)
        entries = sorted([entry, *self.entries()], key=lambda each: each.at, reverse=True)
        write_atomically(self._index, msgspec.json.encode(entries).decode() + "\n", mode=0o644)
        write_atomically(self.folder / "index.html", _as_page(entries), mode=0o644)

    def missed(self, key: str, words: str, now: datetime) -> datetime | None:
        """Return when a regular run was due that nobody made; None if none was."""
        path = self._due_file(key)
        if not path.exists():
            return None
        due = msgspec.json.decode(path.read_bytes(), type=_Due)
        return due.next_at if due.words == words and due.next_at < now else None

    def expect(self, key: str, words: str, next_at: datetime) -> None:
        """Remember when the next regular run is due."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._due_file(key), msgspec.json.encode(_Due(words, next_at)).decode() + "\n", mode=0o644)

    def _due_file(self, key: str) -> Path:
        return self.folder / f"schedule-{key}.json"


def _as_page(entries: list[Entry]) -> str:
    rows = []
    for entry in entries:
        name = escape(entry.key)
        link = f'<a href="{escape(entry.folder, quote=True)}/report.html">{name}</a>' if entry.folder else name
        style = PASSED if entry.state == PASSED else FAILED
        rows.append(
            f'<tr><td>{entry.at:%Y-%m-%d %H:%M} UTC</td><td>{link}</td><td class="{style}">{_SIGNS[entry.state]}</td>'
            f"<td>{escape(entry.said)}</td></tr>"
        )
    body = "".join(rows)
    head = HEAD.format(title="Rehearsals")
    columns = "<tr><th>when</th><th>scenario</th><th>verdict</th><th>what was found</th></tr>"
    return f"{head}<h1>Rehearsals</h1><table>{columns}{body}</table></body></html>\n"
