"""Every panel of the dashboard has something to show of a shop under load: asked of a real Prometheus.

`SPRINGTIDE_KEEP_DASHBOARD=FILE.svg` keeps the picture that was drawn of it.
"""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import httpx2
import pytest
from fakes.serving import free_port
from system.buyer import Buyer, SoldOut
from system.shop import WITH_OFFICE, RunningShop, running_shop

from scripts.grafana import panels
from scripts.pictures.dashboard import asked, draw
from springtide.platform.embedded.engines import Engines

PROMETHEUS = shutil.which("prometheus")
RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"
CARD = {"number": "4242 4242 4242 4242", "expiry": "12/30", "cvc": "123"}
DECLINED = {"number": "4000 0000 0000 0002", "expiry": "12/30", "cvc": "123"}
LOAD_S = 100.0
HISTORY_S = 15.0
WEEK_S = 7 * 24 * 3600.0
BUYERS = 8
# Nothing of the kind happens to a shop that is well: no call fails.
MAY_BE_EMPTY = {"Contract calls that fail, by outcome"}

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(300),
    pytest.mark.skipif(PROMETHEUS is None, reason="Debian's prometheus is not installed"),
]


@contextmanager
def prometheus(shop: RunningShop, folder: Path) -> Iterator[str]:
    targets = f'["127.0.0.1:{shop.settings.port}", "127.0.0.1:{shop.settings.backoffice_port}"]'
    config = folder / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 2s, evaluation_interval: 2s}\n"
        f"rule_files: ['{RULES}/*.yaml']\n"
        f"scrape_configs: [{{job_name: springtide, static_configs: [{{targets: {targets}}}]}}]\n",
        encoding="utf-8",
    )
    port = free_port()
    words = [
        *(str(PROMETHEUS), f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"),
    ]
    process = subprocess.Popen(words)
    origin = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 20
        while not _is_ready(origin):
            assert time.monotonic() < deadline, "prometheus does not answer"
            time.sleep(0.1)
        yield origin
    finally:
        process.terminate()
        process.wait(timeout=20)


def _is_ready(origin: str) -> bool:
    try:
        with urlopen(f"{origin}/-/ready", timeout=1) as answer:  # noqa: S310 - our own
            return answer.status == 200
    except (URLError, OSError):
        return False


async def buy_for_a_while(shop: RunningShop, number: int, until: float, *, by_card: bool) -> int:
    bought = 0
    async with httpx2.AsyncClient(base_url=shop.url, timeout=30) as client:
        while time.monotonic() < until:
            await client.get("/en-gb/", follow_redirects=True)
            await client.get("/api/products", params={"market": "NL", "locale": "nl", "q": "theelicht"})
            buyer = Buyer(client, email=f"load-{number}@example.com")
            try:
                if by_card and bought % 3 == 2:
                    waiting = await buyer.buy("card", ("85123A", 1))
                    await buyer.pay_at_the_bank(waiting["redirect_url"], DECLINED if bought % 2 else CARD)
                    await buyer.standing(waiting["checkout_id"])
                else:
                    await buyer.buy("invoice", ("85123A", 1))
            except SoldOut:
                return bought
            bought += 1
            await asyncio.sleep(0.2)
    return bought


@pytest.fixture
def office_shop(engines: Engines) -> Iterator[RunningShop]:
    with running_shop(engines, WITH_OFFICE) as shop:
        yield shop


def test_every_panel_shows_something_of_a_shop_under_load(office_shop: RunningShop, tmp_path: Path):
    office_shop.set_clock(-WEEK_S)
    assert asyncio.run(_load(office_shop, HISTORY_S, by_card=False)) > 0  # what there is to expect today
    office_shop.set_clock(0)
    with prometheus(office_shop, tmp_path) as origin:
        assert asyncio.run(_load(office_shop, LOAD_S, by_card=True)) > 0
        curves = {panel.title: asked(origin, panel, minutes=LOAD_S / 60) for panel in panels()}
    if file := os.environ.get("SPRINGTIDE_KEEP_DASHBOARD"):
        Path(file).write_text(draw(curves, minutes=LOAD_S / 60), encoding="utf-8")
    empty = {title for title, lines in curves.items() if not lines}
    assert empty - MAY_BE_EMPTY == set()
    placed = [line for line in curves["Orders a minute, and what usually comes"] if line.name == "placed"]
    assert max(value for _, value in placed[0].points) > 0


async def _load(shop: RunningShop, seconds: float, *, by_card: bool) -> int:
    until = time.monotonic() + seconds
    return sum(
        await asyncio.gather(*(buy_for_a_while(shop, number, until, by_card=by_card) for number in range(BUYERS)))
    )
