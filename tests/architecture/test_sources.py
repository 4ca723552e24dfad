"""Rules that the text of the package keeps and imports cannot show."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from springtide.bootstrap.specs import spec_of
from springtide.platform.db import KERNEL, Statements
from springtide.settings import CONTEXTS
from tests.architecture.sources import PACKAGE, ROOT, calls, place, python_files, tree_of

CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
CLOCKS_ALLOWED = {
    # A gateway signs with its own clock: how old its signature is has nothing to do with the database's time.
    ("springtide/contexts/payments/service/take_webhook.py", "time.time"),
}
PURE = {
    *(
        "bisect",
        "collections",
        "collections.abc",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
    ),
    *(
        "hashlib",
        "importlib",
        "importlib.resources",
        "importlib.resources.abc",
        "itertools",
        "math",
        "msgspec",
        "operator",
        "re",
        "string",
        "typing",
        "unicodedata",
        "uuid",
        "zoneinfo",
    ),
    *(f"springtide.platform.{word}" for word in ("errors", "ids", "money", "zones")),
}
PEAK = "springtide.contexts.peak.domain"
NUMERICS = {
    "concurrent", "fugue", "heapq", "holidays", "importlib", "lightgbm", "multiprocessing",
    "numpy", "ortools", "pandas", "pickle", "polars", "scipy", "simpy", "statsforecast", "warnings",
}  # fmt: skip
"""What the numerics of the peak desk stand on besides: libraries of arrays, models and solvers, never of files."""
SHARED = {"springtide.platform.fleet.scaling"}
"""The formula the fleet scales by, pure itself: a plan replays what will run."""
DYNAMIC_IMPORTS_ALLOWED = {
    "springtide/bootstrap/channels.py": "a process imports only the channels that it runs",
    "springtide/bootstrap/specs.py": "a process imports only the contexts that it runs",
    "springtide/cli.py": "--help does not wait for the imports of every command",
    "springtide/commands/peak_command.py": "the numerics of the peak desk are an optional extra",
    "springtide/platform/tracing.py": "only who traces loads the SDK",
    "springtide/platform/tracing_sdk.py": "the exporter is an optional extra",
    "springtide/demo/build/source.py": "pyarrow is installed only where the demo's files are made",
}
SQL = re.compile(r"\s*(select\s.+\sfrom|insert into|update\s+\w+\s+set|delete from|truncate)\s", re.IGNORECASE)
REASON = re.compile(r"#\s*noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\s*-\s*\S+|#\s*type: ignore\[[\w,-]+\]\s+#\s*\w+")
ASKS = {"one", "maybe", "all", "dicts", "tuples", "value", "stream", "run", "copy"}
RULES_THAT_STAY = ("B023", "PLC0415", "S608", "DTZ", "BLE001", "TID251", "ASYNC", "T20")


def test_contexts_and_contracts_never_ask_the_process_clock() -> None:
    found = {
        (place(path), name)
        for path in python_files("contexts", "contracts")
        for _, name in calls(path)
        if name in CLOCKS
    }
    assert found == CLOCKS_ALLOWED


def test_a_decision_is_made_of_values_alone() -> None:
    for path in (file for file in python_files("contexts") if "domain" in file.relative_to(PACKAGE).parts):
        own = ".".join(path.relative_to(ROOT).parts[:4])
        strange = {name for name in _imported(path) if not name.startswith((own, "springtide.contracts."))}
        libraries = (
            {name for name in strange if name in SHARED or name.split(".")[0] in NUMERICS} if own == PEAK else set()
        )
        assert strange - libraries <= PURE, place(path)
        assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree_of(path))), place(
            path
        )


def test_a_promise_needs_only_words_of_the_platform() -> None:
    for path in python_files("contracts"):
        strange = {name for name in _imported(path) if not name.startswith("springtide.contracts.")}
        assert strange <= PURE | {
            f"springtide.platform.{name}" for name in ("audit_entry", "caller", "difference_entry", "events", "promise")
        }, place(path)


def test_modules_are_imported_by_name_only_where_it_is_explained() -> None:
    found = {
        place(path)
        for path in python_files()
        for _, name in calls(path)
        if name.rpartition(".")[2] in {"import_module", "__import__"}
    }
    assert found == set(DYNAMIC_IMPORTS_ALLOWED)


def test_nobody_commits_but_the_platform() -> None:
    ends = {"commit", "rollback", "transaction", "set_autocommit"}
    found = {
        f"{place(path)}:{line} {name}"
        for path in python_files("contexts", "rehearsal", "demo")
        for line, name in calls(path)
        if name.rpartition(".")[2] in ends
    }
    assert found == set()


@pytest.mark.parametrize("context", CONTEXTS)
def test_sql_lies_in_queries_sql_and_every_name_is_there_and_used(context: str) -> None:
    statements = Statements.load(PACKAGE / "contexts" / context / "queries.sql").by_name.keys()
    assert spec_of(context).statements.by_name.keys() == statements
    assert not statements & KERNEL.by_name.keys()
    words = _words(python_files(f"contexts/{context}"))
    assert {name for name in statements if not any(word.fullmatch(name) for word in words)} == set(), "never used"
    asked = _asked(python_files(f"contexts/{context}"))
    assert asked - statements - KERNEL.by_name.keys() == set(), "asked for, but not there"


def test_a_statement_has_one_name(tmp_path: Path) -> None:
    twice = tmp_path / "twice.sql"
    twice.write_text("-- name: find\nselect 1\n\n-- name: find\nselect 2\n")
    with pytest.raises(ValueError, match="find"):
        Statements.load(twice)
    clash = Statements({"kernel_now": "select now()"})
    with pytest.raises(ValueError, match="kernel_now"):
        clash.merged(KERNEL)


def test_no_sql_is_put_together_in_python() -> None:
    found = {
        f"{place(path)}:{node.lineno}"
        for path in python_files("contexts", "channels", "edge", "rehearsal", "commands")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    }
    assert found == set()


def test_every_ignore_carries_its_reason_on_the_line() -> None:
    bare = {
        f"{place(path)}:{number}"
        for path in python_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ("# noqa" in line or "# type: ignore" in line) and not REASON.search(line)
    }
    assert bare == set()
    configured = (
        (ROOT / "pyproject.toml")
        .read_text(encoding="utf-8")
        .partition("[tool.ruff.lint]")[2]
        .partition("\n[tool.imp")[0]
    )
    rules = [line for line in configured.splitlines() if re.match(r'\s+"[A-Z]+\d*",', line)]
    assert rules
    assert [line for line in rules if not re.search(r'",\s+# \S.{5,}', line)] == []


def test_the_rules_that_hurt_others_stay_on() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    ignored = [*lint["ignore"], *(code for codes in lint["per-file-ignores"].values() for code in codes)]
    assert lint["select"] == ["ALL"]
    assert [code for code in ignored for rule in RULES_THAT_STAY if _overlap(code, rule)] == []


def test_migrations_declare_their_phase_and_run_only_through_the_limits() -> None:
    files = [path for context in CONTEXTS for path in (PACKAGE / "contexts" / context / "migrations").glob("*.py")]
    assert len(files) >= len(CONTEXTS)
    for path in files:
        tree = tree_of(path)
        values = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert {"revision", "down_revision", "phase"} <= values.keys(), place(path)
        assert ast.literal_eval(values["phase"]) in {"pre", "post"}, place(path)
        assert ast.literal_eval(values["revision"]) == f"{path.parents[1].name}_{path.name[:4]}", place(path)
        assert {name for _, name in calls(path)} <= {"run_kernel", "run_jobs_schema", "run_sql_beside"}, place(path)


def test_what_these_checks_look_for_they_see(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(
        "import asyncio\nfrom datetime import datetime\n"
        "async def f(read, tx):\n    await read.all('gone', row=int)\n    await tx.run('put')\n    datetime.now()\n"
    )
    assert {name for _, name in calls(planted)} & CLOCKS == {"datetime.now"}
    assert _imported(planted) - PURE == {"asyncio"}
    assert _asked([planted]) == {"gone", "put"}
    assert SQL.match("select a, b from c where d")
    assert not SQL.match("Select a country")
    assert REASON.search("x = 1  # noqa: S608 - a name of ours")
    assert not REASON.search("x = 1  # noqa: S608")
    assert not REASON.search("x = 1  # type: ignore[misc]")
    assert _overlap("DTZ", "DTZ001")
    assert not _overlap("D", "DTZ")


def _overlap(code: str, rule: str) -> bool:
    """Tell whether two ruff codes or prefixes ("DTZ", "S608") name a common rule; "D" is a family of its own."""
    (family, number), (other, digits) = (re.fullmatch(r"([A-Z]+)(\d*)", each).groups() for each in (code, rule))  # type: ignore[union-attr]
    return family == other and (number.startswith(digits) or digits.startswith(number))


def _imported(path: Path) -> set[str]:
    """Return the modules that a file names in its imports."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def _words(files: list[Path]) -> list[re.Pattern[str]]:
    """Return every text in the files as a pattern; what an f-string fills in may be anything."""
    found = []
    for path in files:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.JoinedStr):
                parts = (
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in node.values
                )
                text = "".join(parts)
                if text != r"\w+":
                    found.append(re.compile(text))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.compile(re.escape(node.value)))
    return found


def _asked(files: list[Path]) -> set[str]:
    """Return the names handed to `read.all("name", …)` and its siblings."""
    return {
        node.args[0].value
        for path in files
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ASKS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"tx", "read"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }
