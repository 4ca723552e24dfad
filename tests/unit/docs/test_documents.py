"""What the documents say exists, exists: links, settings, commands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from springtide import settings
from springtide.cli import _parser
from springtide.commands.peak_command import _parser as peak_parser
from springtide.settings.reading import NOT_SETTINGS, load

ROOT = Path(__file__).parents[3]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documents() -> list[Path]:
    found = [
        path
        for path in ROOT.rglob("*.md")
        if not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(ROOT).parts)
    ]
    assert ROOT / "README.md" in found
    return sorted(found)


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    without_code = FENCE.sub("", page)
    headings = re.findall(r"^#+ +(.+?)\s*$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path) -> list[str]:
    page = path.read_text(encoding="utf-8")
    broken = []
    for link in LINK.findall(FENCE.sub("", page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(path: Path) -> None:
    assert broken_links(path) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One two\n[a](#one-two) [b](#gone) [c](page.md) [d](nowhere.md) [e](https://example.org/x)\n")
    assert broken_links(page) == ["#gone", "nowhere.md"]


def test_the_index_names_every_document() -> None:
    folder = ROOT / "docs"
    pages = {path for path in folder.rglob("*.md") if path != folder / "README.md"}
    named = {(folder / link.partition("#")[0]).resolve() for link in LINK.findall((folder / "README.md").read_text())}
    missing = {path for path in pages if path.parent != folder / "adr"} - named
    assert missing == set()
    index = folder / "adr" / "README.md"
    listed = {(index.parent / link).resolve() for link in LINK.findall(index.read_text())}
    assert set(index.parent.glob("[0-9]*.md")) - listed == set()


def rows(page: str, columns: int) -> Iterator[list[str]]:
    """Yield the cells of every table row with so many columns."""
    for line in page.splitlines():
        cells = (
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] if line.startswith("|") else []
        )
        if len(cells) == columns:
            yield cells


def shown(value: object) -> str:
    """Return a default as the page writes it."""
    if value is msgspec.NODEFAULT:
        return "required"
    if isinstance(value, msgspec.Struct):
        return "section"
    if isinstance(value, str):
        return f"`{value}`" if value else "empty"
    return f"`{msgspec.json.encode(value).decode()}`"


def defaults(struct: type[msgspec.Struct], prefix: str) -> dict[str, str]:
    found = {}
    for field in msgspec.structs.fields(struct):
        has_factory = field.default_factory is not msgspec.NODEFAULT
        found[f"`{prefix}{field.name}`"] = shown(field.default_factory() if has_factory else field.default)
    return found


def test_every_setting_is_described_with_its_default() -> None:
    expected = {
        name.upper(): default
        for prefix, struct in (
            ("SPRINGTIDE_", settings.Settings),
            ("SPRINGTIDE_BACKUP__", settings.Backup),
            ("SPRINGTIDE_MAIL__", settings.Mail),
            ("SPRINGTIDE_RETENTION__", settings.Retention),
            ("SPRINGTIDE_TRACES__", settings.Traces),
            ("SPRINGTIDE_WATCH__", settings.Watch),
            ("SPRINGTIDE_INSIGHT__", settings.Insight),
        )
        for name, default in defaults(struct, prefix).items()
    }
    expected |= defaults(settings.Gateway, "") | defaults(settings.EdgeCache, "")
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    described = {
        name: default for name, default, meaning in rows(page, 3) if name.startswith("`") and len(meaning) > 10
    }
    assert expected == described


def test_variables_that_are_no_settings_are_described() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    described = {name for name, _ in rows(page, 2) if name.startswith("`")}
    assert {f"`SPRINGTIDE_{name}`" for name in NOT_SETTINGS} == described


def test_the_examples_of_settings_are_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for language, text in FENCE.findall(page):
        file = tmp_path / "springtide.toml"
        file.write_text(text if language == "toml" else "")
        words = shlex.split(text) if language == "sh" else []
        environment = dict(word.split("=", 1) for word in words)
        if "SPRINGTIDE_DATABASE_URLS" in environment or language == "toml":
            assert load(environment, file).port == 9000
        elif "SPRINGTIDE_EDGES" in environment:
            assert len(load(environment, file).edges) == 1
        else:
            assert len(load(environment, file).gateways) == 3


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def problem(command: str) -> str:
    """Return why a command could not be run, "" when everything it names exists."""
    words = [word for word in shlex.split(command, comments=True) if not re.match(r"[A-Z_]+=", word)]
    program, rest = Path(words[0]).name, words[1:]
    if program == "make":
        return "" if {word for word in rest if "=" not in word} <= make_targets() else "no such target"
    if program == "springtide":
        return _parses([word for word in rest if word != "&"])
    if program == "pytest":
        missing = [word for word in rest if word.startswith("tests") and not _is_test(word)]
        return f"no such test: {missing}" if missing or not rest else ""
    if program == "python" and rest[:1] == ["-m"]:
        place = ROOT / rest[1].replace(".", "/")
        return "" if place.with_suffix(".py").exists() or (place / "__main__.py").exists() else "no such module"
    if program in {"ruff", "mypy", "lint-imports"}:
        return ""
    return f"unknown program {program}"


def _parses(words: list[str]) -> str:
    parser, words = (peak_parser(), words[1:]) if words[:1] == ["peak"] else (_parser(), words)
    try:
        parser.parse_args(words)
    except SystemExit as end:
        return "" if end.code == 0 else "the command line does not take this"
    return ""


def _is_test(name: str) -> bool:
    file, _, function = name.partition("::")
    path = ROOT / file
    return path.exists() and (not function or f"def {function}(" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("command", "is_fine"),
    [
        ("make test", True),
        ("make no-such-thing", False),
        ("springtide serve web", True),
        ("springtide drill --seed 7", True),
        ("springtide no-such-command", False),
        (".venv/bin/pytest tests/unit/docs/test_documents.py::test_relative_links_lead_somewhere", True),
        (".venv/bin/pytest tests/unit/docs/test_documents.py::test_nobody_wrote", False),
        (".venv/bin/pytest tests/nowhere", False),
        ("rm -r /", False),
    ],
)
def test_commands_are_judged(command: str, is_fine: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert (problem(command) == "") is is_fine


def test_every_proof_in_the_coverage_can_be_run() -> None:
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    proofs = [(topic, command) for topic, _, proof, _ in rows(page, 4) for command in re.findall(r"`([^`]+)`", proof)]
    assert len(proofs) > 20
    assert [(topic, command, why) for topic, command in proofs if (why := problem(command))] == []


def test_every_topic_of_the_coverage_says_what_is_missing() -> None:
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    table = [cells for cells in rows(page, 4) if not set(cells[0]) <= {"-"} and cells[0] != "topic"]
    assert len(table) >= 21
    assert [topic for topic, _, _, missing in table if len(missing) < 10] == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_in_documents_can_be_run(path: Path) -> None:
    page = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for language, text in FENCE.findall(page) if language == "sh" for line in text.splitlines()]
    ours = [line for line in lines if re.match(r"(?:\.venv/bin/\w+|springtide|make)\b", line)]
    assert [(line, why) for line in ours if (why := problem(line))] == []
