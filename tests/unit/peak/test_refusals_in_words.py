"""Every refusal that a page of the desk may show can be read in every language of the desk."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import springtide
from springtide.channels.backoffice.forms import InvalidForm
from springtide.contracts.peak.api import PeakNotFound
from springtide.contracts.peak.phrases import sentences
from springtide.contracts.peak.phrases.reading_back import phrase_of
from springtide.platform.errors import Refusal, SpringtideError, Unavailable
from springtide.platform.uploads import UploadTooLarge

ROOT = Path(springtide.__file__).parent
READ = (
    *sorted((ROOT / "contexts/peak").rglob("*.py")),
    *sorted((ROOT / "contracts/peak").rglob("*.py")),
    *sorted((ROOT / "channels/backoffice/peak").rglob("*.py")),
    *sorted((ROOT / "channels/backoffice/areas").glob("peak*.py")),
    ROOT / "channels/backoffice/forms.py",
    ROOT / "contracts/orders/sales.py",
    ROOT / "platform/uploads.py",
)
ONLY_COMMANDS = ("stock_files.py", "run_files.py", "scaling_files.py", "staff_files.py", "references.py", "versions.py")
"""Modules that only commands on files reach: what they refuse is read in a terminal."""
SAID = {"message", "msg", "words"}
"""Names that a sentence of a refusal has in our code before it is raised."""
MADE_BY = re.compile(r"(?i)mistake|wrong|rows_of|refus|_failed|_crashed")
"""Calls that a sentence of a refusal is given to."""
PLACEHOLDER = "\0"
NOT_FOR_READERS = {
    # mistakes of a programmer, raised as ValueError
    "loads are 0 or more, agents whole numbers from 0",
    "service and patience are above 0 and finite, the target wait is 0 or more",
    "shrinkage is a share from 0 up to 1, not \0",
    "the share answered lies between 0 and 1, the occupancy above 0 and up to 1",
    "no order day within \0 days",
    "a policy ordered less than nothing in period \0",
    "there are times in \0",
    "the process was started with pipes",
    "no counts found: \0",
    "\0.\0 is said in two files",
    # where figures come from, and parts of a sentence that is read back as a whole
    "a scenario's \0 times \0",
    "\0; the season \0 to \0",
    "it ended with code \0: \0",
    "it took more than \0 s",
    "the process that looked: \0",
}


def template(node: ast.expr) -> str | None:
    """Return a text of the code with its values left open; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("{}", PLACEHOLDER)
    if isinstance(node, ast.JoinedStr):
        return "".join(_open(part) for part in node.values).replace("{}", PLACEHOLDER)
    return None


def _open(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return f"'{PLACEHOLDER}'" if part.conversion == ord("r") else PLACEHOLDER
    assert isinstance(part, ast.Constant)
    return str(part.value)


def is_sentence(text: str) -> bool:
    """Sentences have words: not a rule, a field, a file with a place in it, a pattern."""
    words = text.replace(PLACEHOLDER, "").split()
    is_place = bool(re.fullmatch(r"[\w.]+\.toml: .*|\0: .*\0?", text)) and len(words) <= 2
    return " " in text.strip() and bool(words) and not is_place and not re.search(r"[\\^$]", text)


def refusals_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the sentences of refusals in a module with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and {name.id for name in node.targets if isinstance(name, ast.Name)} & SAID:
            yield from _texts(node.value)
        elif isinstance(node, ast.Call) and MADE_BY.search(ast.unparse(node.func)):
            for given in (*node.args, *(word.value for word in node.keywords if word.arg not in {"where", "rule"})):
                yield from _texts(given)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            if "problems" in ast.unparse(node.targets[0]):
                yield from _texts(node.value)
        elif isinstance(node, ast.Tuple) and _is_rule_and_words(node):
            yield from _texts(node.elts[-1])


def _is_rule_and_words(node: ast.Tuple) -> bool:
    """Return whether it is ("rule", "sentence") or ("rule", whether, "sentence")."""
    first = node.elts[0] if len(node.elts) in {2, 3} else None
    return isinstance(first, ast.Constant) and bool(re.fullmatch(r"[a-z_]+", str(first.value)))


def _texts(node: ast.expr) -> Iterator[tuple[int, str]]:
    parts = (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)
    for part in parts:
        text = template(part)
        if text is not None and is_sentence(text):
            yield part.lineno, text


def all_refusals() -> dict[str, str]:
    return {
        text: f"{path.relative_to(ROOT)}:{line}"
        for path in READ
        if path.name not in ONLY_COMMANDS and "backtest" not in path.parts
        for line, text in refusals_of(path)
    }


def is_known(text: str) -> bool:
    """Return whether the sentence is read back, whatever its values are: words, figures or days."""
    values = ("4", "2011-11-25", "mug")
    return any(phrase_of(text.replace(PLACEHOLDER, value)) is not None for value in values) or any(
        _fixed(words["en"]) == text for key, words in sentences().items() if key.startswith("refusals.")
    )


def _fixed(text: str) -> str:
    return re.sub(r"\{[^}]*\}", PLACEHOLDER, text)


def test_every_refusal_of_the_desk_is_translated() -> None:
    found = all_refusals()
    assert len(found) > 180, "the sentences are found in the code"
    assert {place: text for text, place in found.items() if not is_known(text) and text not in NOT_FOR_READERS} == {}


def test_a_sentence_without_a_translation_is_found() -> None:
    assert not is_known("nobody has ever said\0this")


@pytest.mark.parametrize(
    ("sentence", "key", "values"),
    [
        ("mug-7 comes in packs of 0", "packs_of", {"sku": "mug-7", "pack": "0"}),
        ("2011-12-01 has passed", "has_passed", {"day": "2011-12-01"}),
        (
            "Object missing required field `name` - at `$.events[0]`",
            "field_missing_at",
            {"field": "name", "place": "$.events[0]"},
        ),
        ("Invalid value (at line 3, column 5)", "toml_place", {"problem": "Invalid value", "line": "3", "column": "5"}),
        ("carol: the last drill lies ahead", "drill_ahead", {"risk": "carol"}),
    ],
)
def test_values_are_read_out_of_the_sentence(sentence: str, key: str, values: dict[str, str]) -> None:
    phrase = phrase_of(sentence)
    assert phrase is not None
    assert (phrase.key, phrase.values) == (f"refusals.{key}", values)


def test_an_unknown_sentence_is_nobodys() -> None:
    assert phrase_of("the moon is full") is None


def _below(error: type[SpringtideError]) -> Iterator[type[SpringtideError]]:
    yield error
    for one in error.__subclasses__():
        yield from _below(one)


def test_every_code_of_a_refusal_of_the_desk_has_words() -> None:
    rooms = ("springtide.contracts.peak", "springtide.platform.errors", "springtide.platform.uploads")
    rooms = (*rooms, "springtide.platform.http", "springtide.channels.backoffice.forms")
    codes = {
        error.code
        for root in (Refusal, Unavailable)
        for error in _below(root)
        if error.__module__.startswith(rooms) and "code" in error.__dict__
    }
    assert {PeakNotFound.code, UploadTooLarge.code, InvalidForm.code, "deadline_exceeded"} <= codes
    assert {code for code in codes if f"refusals.code_{code}" not in sentences()} == set()
