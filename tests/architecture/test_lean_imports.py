"""A process imports what it runs: looked at in interpreters where nothing else has been imported yet."""

import json
import subprocess
import sys

import pytest

from springtide.settings import CONTEXTS
from tests.architecture.sources import ROOT

PEAK = (
    "holidays",
    "icalendar",
    "lightgbm",
    "numpy",
    "ortools",
    "pandas",
    "plotly",
    "polars",
    "scipy",
    "simpy",
    "statsforecast",
    "xlsxwriter",
)
ENGINES = ("psycopg", "litestar", "nats", "httpx2", "procrastinate", "alembic", "sqlalchemy", "uvicorn")


_EACH = """
import importlib, json, os, sys
import springtide.platform.wiring  # every context and channel stands on it: imported once, each name in a fork
for name in sys.argv[1:]:
    if os.fork() == 0:
        importlib.import_module(name)
        os.write(1, json.dumps([name, sorted(sys.modules)]).encode() + b"\\n")
        os._exit(0)
    assert os.wait()[1] == 0, name
"""


def modules_after(*names: str) -> dict[str, set[str]]:
    """Return what is in sys.modules after each of these imports, on top of the platform's."""
    done = subprocess.run(
        [sys.executable, "-c", _EACH, *names], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return {name: set(modules) for name, modules in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def contexts() -> dict[str, set[str]]:
    return modules_after(*(f"springtide.contexts.{name}.wiring" for name in CONTEXTS))


@pytest.fixture(scope="module")
def channels() -> dict[str, set[str]]:
    return modules_after(*(f"springtide.channels.{name}" for name in ("web", "storefront", "shop_api", "backoffice")))


def test_the_shop_imports_nothing_of_the_peak_extra(
    contexts: dict[str, set[str]], channels: dict[str, set[str]]
) -> None:
    for modules in (*contexts.values(), *channels.values()):
        assert modules & set(PEAK) == set()


def test_nobody_imports_what_only_a_terminal_needs(
    contexts: dict[str, set[str]], channels: dict[str, set[str]]
) -> None:
    """Five MiB in every process: structlog takes rich along unless it is kept from it."""
    for modules in (*contexts.values(), *channels.values()):
        assert modules & {"rich", "pygments"} == set()


def test_a_context_imports_no_other_context_and_no_channel(contexts: dict[str, set[str]]) -> None:
    for name, modules in contexts.items():
        others = {
            module
            for module in modules
            if module.startswith(("springtide.contexts.", "springtide.channels"))
            and not module.startswith(name.removesuffix(".wiring"))
        }
        assert others == set()
        assert "litestar" not in modules
        assert "tantivy" not in modules


def test_a_channel_imports_no_context(channels: dict[str, set[str]]) -> None:
    for modules in channels.values():
        assert {module for module in modules if module.startswith("springtide.contexts.")} == set()


def test_contracts_import_no_engine() -> None:
    names = ", ".join(f"springtide.contracts.{name}.api, springtide.contracts.{name}.events" for name in CONTEXTS)
    done = subprocess.run(
        [sys.executable, "-c", f"import json, sys, {names}; print(json.dumps(sorted(sys.modules)))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert set(json.loads(done.stdout)) & set(ENGINES) == set()
