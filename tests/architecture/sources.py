"""The package's files as text and as syntax trees, for checks that imports cannot make."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "springtide"


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def python_files(*folders: str) -> list[Path]:
    """Return the .py files below these folders of the package (all of it without any)."""
    found = {
        path
        for folder in folders or ("",)
        for path in (PACKAGE / folder).rglob("*.py")
        if not any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(ROOT).parts)
    }
    assert found, folders
    return sorted(found)


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every call in a file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
