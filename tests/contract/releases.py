"""What each release said, recorded, so that its neighbours of another age can be tested without running it.

    python -m tests.contract.releases             record the language of the version in pyproject.toml; once
    python -m tests.contract.releases --again     record it anew: only while that version is not released

A record is made with each release and never changed afterwards. Processes of two releases run beside each other while
one replaces the other, so this code and the newest record must understand each other, in both directions.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.contract.language import described

FOLDER = Path(__file__).with_suffix("")

NOT_SENT_YET: frozenset[tuple[str, str]] = frozenset()
"""("orders.api.OrderStatus", "disputed"): members of enums this release can read and does not send, because the release
before cannot read them. They go from here when a release that can read them is recorded."""

NO_LONGER_CALLED: frozenset[str] = frozenset()
"""Verbs that the newest recorded release does not call any more, so that this one may do without them."""


def recorded() -> dict[str, Any]:
    """Return {version: what it said}, oldest first."""
    files = sorted(FOLDER.glob("*/language.json"), key=lambda file: _numbers(file.parent.name))
    return {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}


def newest() -> Any:
    """Return what the newest recorded release said."""
    return list(recorded().values())[-1]


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("."))


def main(arguments: list[str]) -> int:
    """Record the language of this version; 1 when that was done before."""
    file = FOLDER / version("springtide") / "language.json"
    if file.exists() and "--again" not in arguments:
        sys.stderr.write(
            f"{file} is there: a record of a release is never changed. --again while it is not released.\n"
        )
        return 1
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(described(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
