"""A rule is a check, and the check is shown to fail: one violation of each kind is planted and has to be reported.

The package is copied (only .py files); for each plant one file is changed, `lint-imports` judges all contracts of
pyproject.toml, and the file is put back (judge.py, one process for all). The copy as it is must pass.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, python_files
from tests.together import folder_of_run, once

JUDGE = Path(__file__).with_name("judge.py")
HOUSE = "The house: each floor stands on those below it"
CONTEXTS = "A context never imports a context"
ROOMS = "The rooms of a context"
CYCLES = "No cycles between siblings"
PURE = "Decisions and contracts reach no engine and no framework, not even through the platform"
NO_WEB = "Contexts, rehearsal and the demo reach no web framework and no page"
NO_FACTS = "Channels, rehearsal and the demo hold no facts: contracts are their only way to them"
SANDBOX = "The sandbox gateway is a program of its own"
PEAK = "Only the numerics and files of the peak desk import the optional peak extra"


@dataclass(frozen=True)
class Plant:
    """`line` is added to `file` (made when it is not there); `contract` has to report it in the words `says`."""

    contract: str
    file: str
    line: str
    says: str

    def __str__(self) -> str:
        return f"{self.file}: {self.line.strip()}"


def imports(contract: str, importer: str, imported: str, *, file: str | None = None) -> Plant:
    """Plant `import imported` in the module `importer`."""
    path = file or importer.replace(".", "/") + ".py"
    return Plant(contract, path, f"import {imported}", f"{importer} -> {imported}")


PLANTS = (
    # every floor of the house, upwards
    imports(HOUSE, "springtide.platform.ids", "springtide.contracts.common"),
    imports(HOUSE, "springtide.contracts.common", "springtide.edge.limits"),
    imports(HOUSE, "springtide.edge.limits", "springtide.channels.web"),
    imports(HOUSE, "springtide.contexts.orders.store", "springtide.channels.web"),
    imports(HOUSE, "springtide.channels.web", "springtide.contexts.orders.store"),
    imports(HOUSE, "springtide.rehearsal.checker", "springtide.contexts.orders.store"),
    imports(HOUSE, "springtide.demo.shop", "springtide.contexts.orders.store"),
    imports(HOUSE, "springtide.demo.shop", "springtide.rehearsal.checker"),
    imports(HOUSE, "springtide.contexts.orders.jobs", "springtide.settings"),
    imports(HOUSE, "springtide.settings", "springtide.bootstrap", file="springtide/settings/__init__.py"),
    imports(HOUSE, "springtide.bootstrap.channels", "springtide.commands.output"),
    imports(HOUSE, "springtide.commands.output", "springtide.cli"),
    Plant(HOUSE, "springtide/attic.py", '"""A floor nobody planned."""', "springtide.attic"),
    # hidden imports count too
    Plant(
        CONTEXTS,
        "springtide/contexts/orders/store.py",
        "def late():\n    import springtide.contexts.payments.store",
        "springtide.contexts.orders.store -> springtide.contexts.payments.store",
    ),
    Plant(
        CONTEXTS,
        "springtide/contexts/orders/store.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from springtide.contexts.payments import store",
        "springtide.contexts.orders.store -> springtide.contexts.payments.store",
    ),
    # the rooms of a context
    imports(ROOMS, "springtide.contexts.orders.domain.states", "springtide.contexts.orders.store"),
    imports(ROOMS, "springtide.contexts.orders.store", "springtide.contexts.orders.service.place_order"),
    imports(ROOMS, "springtide.contexts.payments.providers.port", "springtide.contexts.payments.service.tools"),
    imports(ROOMS, "springtide.contexts.inventory.service.words", "springtide.contexts.inventory.subscribers"),
    imports(ROOMS, "springtide.contexts.inventory.service.words", "springtide.contexts.inventory.jobs"),
    imports(ROOMS, "springtide.contexts.inventory.jobs", "springtide.contexts.inventory.subscribers"),
    imports(ROOMS, "springtide.contexts.inventory.subscribers", "springtide.contexts.inventory.wiring"),
    Plant(ROOMS, "springtide/contexts/inventory/helpers.py", '"""A room no context has."""', "inventory.helpers"),
    # circles
    Plant(
        CYCLES,
        "springtide/platform/errors.py",
        "import springtide.platform.caller",
        "No cycles are allowed in springtide.platform.",
    ),
    Plant(
        CYCLES,
        "springtide/contexts/pricing/domain/book.py",
        "import springtide.contexts.pricing.domain.quote",
        "No cycles are allowed in springtide.contexts.pricing.domain.",
    ),
    # pure decisions, pure promises
    *(
        imports(PURE, "springtide.contexts.inventory.domain.places", library)
        for library in ("psycopg", "litestar", "nats", "httpx2", "procrastinate")
    ),
    *(
        imports(PURE, "springtide.contracts.orders.events", library)
        for library in ("psycopg", "litestar", "nats", "httpx2", "procrastinate")
    ),
    imports(PURE, "springtide.contexts.inventory.domain.places", "springtide.platform.db"),
    imports(PURE, "springtide.contexts.inventory.domain.places", "springtide.platform.http_client"),
    imports(PURE, "springtide.contracts.orders.api", "springtide.platform.http"),
    imports(PURE, "springtide.contracts.orders.api", "springtide.platform.jobs"),
    imports(PURE, "springtide.contracts.orders.api", "springtide.platform.bus"),
    # who may know what
    imports(NO_WEB, "springtide.contexts.orders.store", "springtide.platform.http"),
    imports(NO_WEB, "springtide.rehearsal.checker", "jinja2"),
    imports(NO_FACTS, "springtide.channels.web", "springtide.platform.db"),
    imports(NO_FACTS, "springtide.rehearsal.checker", "springtide.platform.migrate"),
    imports(SANDBOX, "springtide.sandbox.keys", "springtide.contracts.common"),
    imports(SANDBOX, "springtide.sandbox.keys", "springtide.platform.db"),
    # one importer per library
    imports("Only stores and the platform import psycopg", "springtide.contexts.orders.wiring", "psycopg"),
    imports("Only stores and the platform import psycopg", "springtide.channels.web", "psycopg_pool"),
    imports(
        "Only the two programs of the rehearsal's swarm import locust and gevent",
        "springtide.rehearsal.load.visit",
        "locust",
    ),
    imports("Only channels and platform.http import litestar", "springtide.edge.limits", "litestar"),
    imports("Only channels and platform.http import litestar", "springtide.platform.rpc", "litestar"),
    imports(
        "Only platform.http_server and the sandbox's own start import uvicorn", "springtide.channels.web", "uvicorn"
    ),
    imports("Only platform.bus imports nats", "springtide.channels.web", "nats"),
    imports("Only platform.bus imports nats", "springtide.platform.rpc", "nats"),
    imports(
        "Only platform.jobs and platform.migrate import procrastinate",
        "springtide.contexts.orders.jobs",
        "procrastinate",
    ),
    imports("Only platform.migrate imports alembic and sqlalchemy", "springtide.platform.db", "sqlalchemy"),
    imports("Only platform.migrate imports alembic and sqlalchemy", "springtide.contexts.orders.store", "alembic"),
    imports("Only platform.http_client imports httpx2", "springtide.contexts.payments.providers.stripe", "httpx2"),
    imports("Only platform.mail imports aiosmtplib", "springtide.contexts.customers.jobs", "aiosmtplib"),
    imports("Only platform.pictures imports PIL", "springtide.channels.pages.media", "PIL"),
    imports(PEAK, "springtide.contexts.orders.store", "numpy"),
    imports(PEAK, "springtide.platform.telemetry", "numpy"),
)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[Plant | str, tuple[int, str]]:
    """The verdict on each plant, and on the copy "before" the first and "after" the last one."""
    told = once(folder_of_run(tmp_path_factory), "planted", lambda: _judged(tmp_path_factory.mktemp("planted")))
    return dict(zip(("before", *PLANTS, "after"), map(tuple, json.loads(told)), strict=True))


def _judged(folder: Path) -> str:
    for path in python_files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    done = subprocess.run(
        [sys.executable, str(JUDGE)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "400", "PYTHONPATH": str(folder)},
        input=json.dumps([{"file": plant.file, "line": plant.line} for plant in PLANTS]),
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_planted_violation_is_reported(answers: dict[Plant | str, tuple[int, str]], plant: Plant) -> None:
    code, report = answers[plant]
    assert code == 1, report
    assert f"{plant.contract} BROKEN" in report
    assert plant.says in report


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_package_as_it_is_breaks_no_contract(answers: dict[Plant | str, tuple[int, str]], moment: str) -> None:
    code, report = answers[moment]
    assert code == 0, report


def test_every_contract_is_shown_to_fail() -> None:
    named = [
        line.partition(" = ")[2].strip('"')
        for line in (ROOT / "pyproject.toml")
        .read_text(encoding="utf-8")
        .partition("[tool.importlinter]")[2]
        .splitlines()
        if line.startswith("name = ")
    ]
    assert {plant.contract for plant in PLANTS} == set(named)
