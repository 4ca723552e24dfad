"""`springtide rehearse` against a real shop: two workers and a verdict that passes; a kill switch that it names."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from system.shop import ONE, REHEARSAL_TOKEN, RunningShop

from springtide.bootstrap import running
from springtide.contracts.common import REHEARSAL_CHANNEL
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi, OrderStatus
from springtide.platform.caller import system
from springtide.platform.switches import Switches
from springtide.rehearsal.load.baskets import read
from springtide.rehearsal.load.books import orders_of_run
from springtide.rehearsal.load.goods import places_of, require_welcome
from springtide.rehearsal.load.plan import run_email
from springtide.rehearsal.load.problems import NothingToBuy, RehearsalRefused
from springtide.rehearsal.load.scenario import parse
from springtide.settings import as_environment

CALLER = system("test")
SHORT = """
title = "Short"
about = "Two seconds"
traffic = "everyday"
think_scale = 0.0
most_pages = 1
tries = 1.0
patience_s = 1.5
[[phases]]
name = "all of it"
seconds = 3
from_per_s = 6
to_per_s = 6
[markets]
NL = 1
[payment]
NL = { invoice = 1, bank_redirect = 1 }
[limits]
pages = { p95_ms = 5000, p99_ms = 9000 }
writes = { p95_ms = 9000, p99_ms = 15000 }
"""


pytestmark = pytest.mark.parametrize("shop", [ONE], indirect=True)


def rehearse(shop: RunningShop, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}
    settings = as_environment(shop.settings)
    command = (sys.executable, "-m", "springtide.cli", "rehearse", *words, "--seed", "4", "--json")
    return subprocess.run(
        command, env={**environ, **settings}, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.mark.alone
async def test_smoke_passes_and_its_orders_are_told_apart_and_taken_back(shop: RunningShop, tmp_path: Path) -> None:
    async with running(shop.settings, (), background=False, serve=False) as node:
        before = {
            row.sku: row.available for row in (await node.ask(InventoryApi).stock(caller=CALLER, limit=200)).items
        }
        done = rehearse(shop, "smoke", "--workers", "2", "--cancel", "--evidence", str(tmp_path))
        assert done.returncode == 0, done.stderr + done.stdout
        report = json.loads(done.stdout)
        assert report["passed"]
        assert {check["state"] for check in report["checks"]} == {"passed"}
        assert report["workers"] == 2
        completed = report["outcomes"]["completed"]
        assert completed >= 5
        rows = [row async for row in orders_of_run(node.ask, run_email(report["run"]))]
        assert len(rows) >= completed
        assert {row.status for row in rows} == {OrderStatus.CANCELLED}
        order = await node.ask(OrdersApi).get(caller=CALLER, order_id=rows[0].id)
        assert order.origin.channel == REHEARSAL_CHANNEL
        assert order.documents == ()
        assert f"{len(rows):,} orders cancelled: their units are free again." in report["notes"]
        after = {row.sku: row.available for row in (await node.ask(InventoryApi).stock(caller=CALLER, limit=200)).items}
        assert after == before or held(report) > 0
    page = tmp_path / f"{report['run']}-smoke" / "report.html"
    assert "✓ passed" in page.read_text()
    assert report["run"] in (tmp_path / "index.html").read_text()


def held(report: dict[str, dict[str, int]]) -> int:
    """Return how many left the bank's page without a word: their units wait for the deadline."""
    return report["outcomes"].get("left at the bank", 0)


async def test_a_kill_switch_fails_it_and_is_named(shop: RunningShop, tmp_path: Path) -> None:
    scenario = tmp_path / "short.toml"
    scenario.write_text(SHORT)
    words = (str(scenario), "--workers", "1", "--evidence", str(tmp_path), "--no-books")
    async with running(shop.settings, (), background=False, serve=False) as node:
        switches = Switches(node.bus)
        await switches.move("payments.start", on=False, by="test", reason="planted")
        try:
            done = rehearse(shop, *words)
        finally:
            await switches.move("payments.start", on=True, by="test", reason="over")
    assert done.returncode == 1, done.stderr + done.stdout
    report = json.loads(done.stdout)
    states = {check["name"]: check["state"] for check in report["checks"]}
    assert states["tries to buy that became orders"] == "failed"
    assert states["springtide check"] == "not done"
    found = [each for each in report["bottlenecks"] if each["name"] != "the machine's CPU"]  # other tests load it too
    assert found[0]["name"] == "calls refused"
    assert "payments start" in found[0]["evidence"]


async def test_it_is_refused_where_it_is_not_welcome(shop: RunningShop) -> None:
    places = await places_of(shop.url, parse(SHORT), read())
    await require_welcome(shop.url, REHEARSAL_TOKEN, places[0])
    with pytest.raises(RehearsalRefused) as refused:
        await require_welcome(shop.url, "x" * 40, places[0])
    assert refused.value.facts == {"said": "rehearsal_not_allowed"}
    with pytest.raises(NothingToBuy):
        await places_of(shop.url, msgspec.structs.replace(parse(SHORT), markets={"XX": 1.0}), read())


def workers_of(master: int) -> list[int]:
    """Return the workers that were started under a process."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            words = (place / "cmdline").read_bytes()
            parents[int(place.name)] = int((place / "stat").read_text().rpartition(")")[2].split()[1]), words
    found = {master}
    for _ in range(len(parents)):
        found |= {pid for pid, (parent, _) in parents.items() if parent in found}
    return [pid for pid in found if b"springtide.rehearsal.load.worker" in parents.get(pid, (0, b""))[1]]


@pytest.mark.soak  # workers are silent for longer than Locust waits for a sign of life
def test_workers_that_are_silent_for_a_while_still_count(shop: RunningShop, tmp_path: Path) -> None:
    scenario = tmp_path / "short.toml"
    scenario.write_text(SHORT.replace("seconds = 3", "seconds = 12"))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}
    words = ("rehearse", str(scenario), "--evidence", str(tmp_path), "--no-books", "--seed", "4", "--json")
    with subprocess.Popen(
        (sys.executable, "-m", "springtide.cli", *words),
        env={**environ, **as_environment(shop.settings)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as rehearsing:
        assert rehearsing.stderr is not None
        assert any("visitors arrive" in line for line in rehearsing.stderr)
        workers = workers_of(rehearsing.pid)
        assert len(workers) == 2
        for number, wait_s in ((signal.SIGSTOP, 6), (signal.SIGCONT, 0)):
            for worker in workers:
                os.kill(worker, number)
            time.sleep(wait_s)
        said, problems = rehearsing.communicate(timeout=100)
    assert said, problems
    report = json.loads(said)
    states = {check["name"]: check["state"] for check in report["checks"]}
    assert states["all workers came to their end"] == "passed"
    assert sum(report["outcomes"].values()) >= 10
