"""Who owns what, who calls whom, who listens to what: read from the code, written as the tables of docs/contexts.md.

After a change: `.venv/bin/python -m tests.architecture.contexts_tables` writes the tables anew, between their markers.
What is called is found by names: `ask(OrdersApi).place`, or `orders.place` where the same folder asks for `OrdersApi`
under the name `orders` (an annotation, an assignment, or a function that returns it).
"""

import ast
import importlib
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from springtide.bootstrap.specs import spec_of
from springtide.platform.events import Event
from springtide.settings import CONTEXTS
from tests.architecture.sources import ROOT, python_files, tree_of

DOCUMENT = ROOT / "docs" / "contexts.md"
CALLERS = (
    *(f"contexts/{name}" for name in CONTEXTS),
    *(f"channels/{name}" for name in ("browse", "beacon", "storefront", "shop_api", "backoffice", "webhooks", "watch")),
    "rehearsal",
    "demo",
    "commands",
)
LISTENERS = (*CONTEXTS, "browse")
EVERYBODYS = {"check", "list_audit"}
"""Every context has these two; the checker and the back office go through all of them."""

Calls = dict[str, dict[str, set[str]]]


def short(folder: str) -> str:
    return folder.rpartition("/")[2]


@cache
def contracts() -> dict[str, tuple[str, set[str]]]:
    """Return the contract's name -> (context, verbs)."""
    return {
        spec_of(context).contract.api.__name__: (context, set(spec_of(context).contract.methods))
        for context in CONTEXTS
    }


def verbs_in_order(context: str) -> list[str]:
    return list(dict.fromkeys(name for name in vars(spec_of(context).contract.api) if not name.startswith("_")))


def asked_here(call: ast.AST) -> str | None:
    """Return the contract's name when this is `….ask(SomethingApi)`."""
    if isinstance(call, ast.Call) and len(call.args) == 1 and isinstance(call.args[0], ast.Name):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in {"ask", "_ask"} and call.args[0].id in contracts():
            return call.args[0].id
    return None


def annotated(node: ast.expr | None) -> str | None:
    name = ast.unparse(node).strip("\"'") if node is not None else ""
    return name if name in contracts() else None


@cache
def nodes_of(file: Path) -> list[ast.AST]:
    return list(ast.walk(tree_of(file)))


def names_of_contracts(files: list[Path]) -> dict[str, set[str]]:
    """Return name -> contracts: what variables, attributes, parameters and functions of these files stand for one."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for node in (node for file in files for node in nodes_of(file)):
        for name, api in named_by(node):
            if api is not None:
                known[name].add(api)
    return known


def shortened(file: Path, known: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the names that stand for a contract because of a line like `stock = visit.office.inventory`."""
    return {
        last_name(target): known[last_name(value)]
        for node in nodes_of(file)
        if isinstance(node, ast.Assign)
        for target, value in pairs(node)
        if isinstance(value, ast.Attribute) and last_name(value) in known
    }


def pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what is assigned to what, one by one also where both sides are tuples."""
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value


def named_by(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    if isinstance(node, ast.arg):
        yield node.arg, annotated(node.annotation)
    elif isinstance(node, ast.AnnAssign):
        yield last_name(node.target), annotated(node.annotation)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name.lstrip("_"), annotated(node.returns)
    elif isinstance(node, ast.keyword):
        yield node.arg or "", asked_here(node.value)
    elif isinstance(node, ast.Assign):
        yield from ((last_name(target), asked_here(value)) for target, value in pairs(node))


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name, without a leading underscore; of a call, its function's."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")).lstrip("_")


def calls_by(folder: str) -> dict[str, set[str]]:
    """Return context -> verbs that the code of this folder uses."""
    files = python_files(folder)
    known_in_folder = names_of_contracts(files)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file in files:
        known_in_file = names_of_contracts([file])
        known_in_file.update(shortened(file, known_in_folder))
        for node in nodes_of(file):
            if not isinstance(node, ast.Attribute):
                continue
            known = known_in_file if isinstance(node.value, ast.Name) else known_in_folder
            asked = asked_here(node.value)
            for api in {asked} if asked else known.get(last_name(node.value), set()):
                context, verbs = contracts()[api]
                if node.attr in verbs - EVERYBODYS:
                    found[context].add(node.attr)
    return dict(found)


@cache
def all_calls() -> Calls:
    return {short(folder): calls_by(folder) for folder in CALLERS}


@cache
def events() -> dict[str, tuple[str, str]]:
    """Return class name -> (context, type) of every event that can be sent."""
    found = {}
    for context in CONTEXTS:
        module = importlib.import_module(f"springtide.contracts.{context}.events")
        for name, value in vars(module).items():
            if inspect.isclass(value) and issubclass(value, Event) and value.__module__ == module.__name__:
                found[name] = (context, value.TYPE)
    bases = {base.__name__ for name in found for base in class_of(name).__mro__[1:]}
    return {name: facts for name, facts in found.items() if name not in bases}


def class_of(event: str) -> type[Any]:
    for context in CONTEXTS:
        found = getattr(importlib.import_module(f"springtide.contracts.{context}.events"), event, None)
        if found is not None:
            return found
    raise LookupError(event)


@cache
def emitted_by(context: str) -> set[str]:
    """Return the events that a context's code makes."""
    nodes = (node for file in python_files(f"contexts/{context}") for node in nodes_of(file))
    return {last_name(node.func) for node in nodes if isinstance(node, ast.Call)} & set(events())


@cache
def heard_by(listener: str) -> set[str]:
    """Return the events that a context subscribes to, or that the read side of the web processes follows."""
    folder = f"contexts/{listener}" if listener in CONTEXTS else f"channels/{listener}"
    found = set()
    for node in (node for file in python_files(folder) for node in nodes_of(file)):
        if isinstance(node, ast.Call) and last_name(node.func) == "Subscription":
            found |= {last_name(word.value) for word in node.keywords if word.arg == "event"}
        elif isinstance(node, ast.Attribute) and node.attr == "TYPE" and listener not in CONTEXTS:
            found.add(last_name(node.value))
    return found & set(events())


def tables_of(context: str) -> list[str]:
    """Return the tables of the context's own migrations, without partitions and the platform's technical tables."""
    made = re.compile(r"^create table (\w+)\b(?! partition of)", re.MULTILINE)
    files = sorted(spec_of(context).migrations.glob("*.sql"))
    return sorted({name for file in files for name in made.findall(file.read_text(encoding="utf-8"))})


def constants_of(file: Path) -> dict[str, Any]:
    """Return the plain values that a module gives a name at its top."""
    return {
        last_name(node.targets[0]): node.value.value
        for node in tree_of(file).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }


def loops_of(context: str) -> list[str]:
    """Return "name (every n s)" of each loop that processes of the context run, whatever their other roles."""
    return sorted(text for text, is_with_jobs in _all_loops(context) if not is_with_jobs)


def lanes_of(context: str) -> list[str]:
    """Return "name (every n s)" of each loop that only processes with the role `jobs` run."""
    return sorted(text for text, is_with_jobs in _all_loops(context) if is_with_jobs)


def _all_loops(context: str) -> list[tuple[str, bool]]:
    found = []
    for file in python_files(f"contexts/{context}"):
        constants = constants_of(file)
        for node in nodes_of(file):
            if isinstance(node, ast.Call) and last_name(node.func) == "Loop":
                words = {word.arg: word.value for word in node.keywords}
                name, pace = words["name"], words["every_s"]
                every_s = pace.value if isinstance(pace, ast.Constant) else constants[last_name(pace)]
                where = ", in each process" if "in_each_process" in words else ""
                found.append((f"`{ast.literal_eval(name)}` (every {every_s:g} s{where})", "with_jobs" in words))
    return found


def jobs_of(context: str) -> list[str]:
    """Return the names of the jobs that workers carry out; a name may be a constant of another file of the context."""
    files = python_files(f"contexts/{context}")
    constants = {name: value for file in files for name, value in constants_of(file).items()}
    for file in files:
        for node in nodes_of(file):
            if isinstance(node, ast.keyword) and node.arg == "jobs" and isinstance(node.value, ast.Dict):
                return sorted(
                    constants[last_name(key)] if isinstance(key, ast.Name) else ast.literal_eval(key)
                    for key in node.value.keys
                    if key is not None
                )
    return []


def code(names: list[str] | set[str]) -> str:
    return ", ".join(f"`{name}`" for name in (names if isinstance(names, list) else sorted(names))) or "none"


def facts_table(context: str) -> str:
    heard = [f"`{name}` of {events()[name][0]}" for name in sorted(heard_by(context))]
    callers = [caller for caller, callees in all_calls().items() if callees.get(context)]
    rows = {
        "Tables": code(tables_of(context)),
        "Verbs": code(verbs_in_order(context)),
        "Asks": ", ".join(sorted(all_calls()[context])) or "nobody",
        "Asked by": ", ".join(callers) or "nobody",
        "Emits": code(emitted_by(context)),
        "Listens to": ", ".join(heard) or "none",
        "Loops": ", ".join(loops_of(context)) or "none",
        "Jobs": ", ".join((*(f"`{name}`" for name in jobs_of(context)), *lanes_of(context))) or "none",
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines])


def calls_table() -> str:
    used = [context for context in CONTEXTS if any(all_calls()[caller].get(context) for caller in all_calls())]
    lines = [f"| caller | {' | '.join(used)} |", f"|---{'|---' * len(used)}|"]
    for caller, callees in all_calls().items():
        cells = [code(callees[context]) if callees.get(context) else "" for context in used]
        if any(cells):
            lines.append(f"| {caller} | {' | '.join(cells)} |")
    return "\n".join(lines)


def events_table() -> str:
    lines = ["| event | type | made by | heard by |", "|---|---|---|---|"]
    for name, (context, kind) in events().items():
        makers = [maker for maker in CONTEXTS if name in emitted_by(maker)]
        hearers = [listener for listener in LISTENERS if name in heard_by(listener)]
        heard = ", ".join(hearers) or "nobody yet"
        lines.append(f"| `{name}` | `{kind}` | {', '.join(makers) or 'nobody yet'} | {heard} |")
        assert not makers or makers == [context], f"{name} is made outside of {context}"
    return "\n".join(lines)


@cache
def tables() -> dict[str, str]:
    """Return marker -> table for everything in the document that comes from the code."""
    return {**{name: facts_table(name) for name in CONTEXTS}, "calls": calls_table(), "events": events_table()}


def filled(text: str, made: dict[str, str]) -> str:
    """Return the document with every table between its markers replaced."""
    for name, table in made.items():
        block = re.compile(rf"(<!-- from the code: {name} -->\n)(?:.*?\n)??(<!-- end -->)", re.DOTALL)
        text, count = block.subn(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
        assert count == 1, f"the document has {count} places for the table {name!r}"
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8"), tables()), encoding="utf-8")
