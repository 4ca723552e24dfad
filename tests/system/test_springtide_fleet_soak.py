"""A fleet under Locust: another release and back without a failed request, a bad one that is not taken, and scaling."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from system.fleets.releases import break_pages, break_start, copy_release
from system.fleets.running import RunningFleet, running_fleet

from springtide.bootstrap import running
from springtide.platform.embedded.engines import Engines
from springtide.rehearsal.checker import check
from springtide.settings import CONTEXTS

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
SHOPPERS = Path(__file__).parent / "fleets" / "shoppers.py"
PLAN = """
[canary]
watch_s = 8
[scaling]
every_s = 2
scale_down_window_s = 6
[groups.shop]
roles = ["web", "contexts", "jobs"]
min = 2
max = 2
[groups.office]
roles = ["backoffice"]
"""
RAMP = PLAN.replace("min = 2\nmax = 2", "min = 1\nmax = 3\ntarget_per_s = 40")


class Crowd:
    """Locust in a process of its own; `figures` are its table by name, once it has ended."""

    def __init__(self, report: Path) -> None:
        self._report = report

    def failures(self) -> dict[str, str]:
        return {
            f"{line['method']} {line['name']}": line["num_failures"] for line in self._lines() if line["num_failures"]
        }

    def requests(self) -> int:
        return sum(line["num_requests"] for line in self._lines())

    def _lines(self) -> list[dict[str, Any]]:
        return json.loads(self._report.read_text())


@asynccontextmanager
async def crowd(fleet: RunningFleet, folder: Path, *, users: int, per_s: float = 4) -> AsyncIterator[Crowd]:
    """Shoppers at work while the block lasts."""
    report = folder / "crowd"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "locust", "-f", str(SHOPPERS), "--headless", "--host", fleet.url),
        *("-u", str(users), "-r", str(per_s), "--json-file", str(report), "--only-summary"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    await asyncio.sleep(3)  # imports of the load generator; nothing waits for it
    try:
        yield Crowd(report.with_suffix(".json"))
    finally:
        process.terminate()
        _, said = await process.communicate()
    assert process.returncode is not None, said.decode()


async def rolled(fleet: RunningFleet, *words: str) -> tuple[int, str]:
    code, said = await fleet.order("roll", *words)
    print(said)  # noqa: T201 - the figures of a soak are read by people
    return code, said


async def test_forward_and_back_while_locust_browses_and_buys(engines: Engines, tmp_path: Path) -> None:
    newer = copy_release(tmp_path / "newer", "0.2.0")
    async with running_fleet(engines, PLAN) as fleet:
        async with crowd(fleet, tmp_path, users=6) as load:
            for words, version in ((("--release", str(newer)), "0.2.0"), (("--back",), "0.1.0")):
                code, said = await rolled(fleet, *words)
                assert code == 0, said + fleet.words()
                await fleet.until("shop", count=2, version=version)
        print(f"{load.requests()} requests, failed: {load.failures()}")  # noqa: T201 - see above
        assert load.failures() == {}
        assert load.requests() > 1_000
        async with running(fleet.settings, CONTEXTS, background=False, serve=False) as inside:
            assert (await check(inside.ask)).findings == []


@pytest.mark.parametrize("breaking", [break_pages, break_start])
async def test_a_bad_release_is_not_taken(engines: Engines, tmp_path: Path, breaking: Any) -> None:
    bad = copy_release(tmp_path / "bad", "0.3.0")
    breaking(bad)
    async with running_fleet(engines, PLAN) as fleet:
        async with crowd(fleet, tmp_path, users=6) as load:
            code, said = await rolled(fleet, "--release", str(bad))
            assert (code, "0.3.0 was not taken, 0.1.0 runs again" in said) == (1, True), said
            await fleet.until("shop", count=2, version="0.1.0")
        assert sum(load.failures().values()) < load.requests() / (2 if breaking is break_pages else 1e9)


async def test_more_processes_under_a_ramp_and_fewer_after_it(engines: Engines, tmp_path: Path) -> None:
    async with running_fleet(engines, RAMP) as fleet:
        async with crowd(fleet, tmp_path, users=8, per_s=0.5) as load:
            await fleet.until("shop", count=3, patience_s=120)
        await fleet.until("shop", count=1, patience_s=60)
        assert load.failures() == {}
        said = fleet.log.read_text()
        assert "requests/s, from" in said
        print(said)  # noqa: T201 - see above
