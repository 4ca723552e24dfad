"""The desk plans while the shop sells: buyers notice nothing, and a plan whose process dies is never half there."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx2
import pytest
from system.buyer import Buyer
from system.shop import RunningShop

from springtide.bootstrap import Node, running
from springtide.contexts.peak.jobs import history_folder
from springtide.contexts.peak.providers.kept_files import keep_file
from springtide.contracts.peak.api import InputEdit, PeakApi, PlanInfo, PlanSettings, PlanState
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from tests.context.peak.conftest import CATEGORY, company_edits

SEASON = PlanSettings(first=date(2026, 11, 16), days=14, as_of=date(2026, 9, 1), paths=200, roster_weeks=0)
PLANNER = system("test")
SKUS = ("mug", "cup", "jug")
MOST_P99_S = 2.0
"""Far above what a quiet machine takes: the test is about a shop that stands still, not about milliseconds."""


@asynccontextmanager
async def desk_of(shop: RunningShop) -> AsyncIterator[Node]:
    """Give the desk of a running shop a short past and all its documents."""
    async with running(shop.settings, {"peak"}, background=False, serve=False) as node:
        peak = node.ask(PeakApi)
        if not await peak.list_inputs(caller=PLANNER):
            text = f'file = "{await asyncio.to_thread(_keep_past, shop)}"\ntimezone = "Europe/Amsterdam"\n'
            edit = InputEdit(name="history.toml", text=text, expected_version=0)
            await peak.put_inputs(caller=PLANNER, key=new_key(), edits=(edit, *company_edits()))
        yield node


def _keep_past(shop: RunningShop) -> str:
    file = Path(shop.settings.data_dir) / "past.csv"
    first = date(2026, 3, 2)
    rows = (
        f"{first + timedelta(days=day)} {9 + order:02}:30,{sku},{1 + (day + order) % 3},5.00,"
        f"{sku}-{day}-{order},{CATEGORY}\n"
        for day in range(112)
        for order in range(4)
        for sku in SKUS
    )
    file.write_text("time,sku,quantity,unit_price,order_id,category\n" + "".join(rows))
    return keep_file(history_folder(Path(shop.settings.data_dir)), file)


def plan_processes(shop: RunningShop) -> list[int]:
    """Return the processes that make a plan for this shop: others on the machine may make their own."""
    ours = f"SPRINGTIDE_DATA_DIR={shop.settings.data_dir}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words, environ = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if b"plan_process" in words and ours in environ.split(b"\0"):
            found.append(int(folder.name))
    return found


async def until(node: Node, plan: PlanInfo, *states: PlanState, within_s: float = 90) -> PlanInfo:
    deadline = time.monotonic() + within_s
    while True:
        now = await node.ask(PeakApi).get_plan(caller=PLANNER, plan_id=plan.row.id)
        if now.row.state in states:
            return now
        assert time.monotonic() < deadline, f"the plan stays {now.row.state} at {now.row.stage}"
        await asyncio.sleep(0.1)


async def started(shop: RunningShop, *, within_s: float = 20) -> int:
    """Wait for the one process that makes a plan."""
    deadline = time.monotonic() + within_s
    while not (found := plan_processes(shop)):
        assert time.monotonic() < deadline, "no process makes the plan"
        await asyncio.sleep(0.05)
    (pid,) = found
    return pid


async def ordered(node: Node) -> PlanInfo:
    row = await node.ask(PeakApi).start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    return await node.ask(PeakApi).get_plan(caller=PLANNER, plan_id=row.id)


async def bought(shop: RunningShop, client: httpx2.AsyncClient, orders: int) -> list[float]:
    """Buy one order after the other; return how long each took, in seconds."""
    answer = await client.get("/api/products", params={"market": "NL", "locale": "nl", "q": "theelichthouder"})
    sku = answer.json()["cards"][0]["sku"]
    took = []
    for number in range(orders):
        buyer = Buyer(client, email=f"desk-{shop.layout}-{number}@example.com")
        began = time.monotonic()
        done = await buyer.buy("invoice", (sku, 1))
        took.append(time.monotonic() - began)
        assert done["step"] == "completed"
    return took


@pytest.mark.timeout(180)
async def test_the_shop_sells_while_a_plan_is_made_and_a_killed_one_leaves_nothing_half_written(
    shop: RunningShop, client: httpx2.AsyncClient
):
    async with desk_of(shop) as node:
        plan = await ordered(node)
        await until(node, plan, PlanState.RUNNING)
        took = await bought(shop, client, 10)
        pid = await started(shop)
        assert os.getpriority(os.PRIO_PROCESS, pid) >= 15, "it gives way to everything that sells"
        os.kill(pid, signal.SIGKILL)
        ended = await until(node, plan, PlanState.FAILED, PlanState.DONE)
        assert (ended.row.state, [mistake.rule for mistake in ended.mistakes]) == (PlanState.FAILED, ["crashed"])
        assert (ended.parts, ended.figures) == ((), {})
        assert plan_processes(shop) == []
        assert max(took) < MOST_P99_S, f"orders took {sorted(took)[-3:]} s"
        assert len(await bought(shop, client, 2)) == 2


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_a_plan_whose_desk_is_killed_is_made_again_from_the_beginning(
    shop: RunningShop, client: httpx2.AsyncClient
):
    async with desk_of(shop) as node:
        plan = await ordered(node)
        await until(node, plan, PlanState.RUNNING)
        pid = await started(shop)
        shop.kill("peak")
        deadline = time.monotonic() + 20
        while pid in plan_processes(shop):
            assert time.monotonic() < deadline, "the plan's process outlives its desk"
            await asyncio.sleep(0.1)
        shop.let_pass(60)
        shop.wait_ready()
        ended = await until(node, plan, PlanState.FAILED, PlanState.DONE, within_s=180)
        assert (ended.row.state, ended.mistakes) == (PlanState.DONE, ())
        assert {"head", "readiness", "servers"} <= {part.step for part in ended.parts}
        assert len(await bought(shop, client, 2)) == 2
