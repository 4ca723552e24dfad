"""Runs `lint-imports` over a copy of the package, once for each violation planted in it: one process for all of them.

    judge.py < [{"file": ..., "line": ...}, ...] > [[exit code, report], ...]

The working directory is the copy. A file is put back before the next is changed; an empty list of changes judges the
copy as it is, and so does the first and the last entry of the answer.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

from importlinter.cli import lint_imports


def judged() -> tuple[int, str]:
    """Return exit code and report."""
    report = io.StringIO()
    with contextlib.redirect_stdout(report):
        code = lint_imports(cache_dir=".cache", no_logo=True)
    return code, report.getvalue()


def planted(file: str, line: str) -> tuple[int, str]:
    """Judge the copy with one violation in it."""
    path = Path(file)
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        return judged()
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")


def main() -> None:
    plants = json.load(sys.stdin)
    answers = [judged(), *(planted(plant["file"], plant["line"]) for plant in plants), judged()]
    json.dump(answers, sys.stdout)


main()
