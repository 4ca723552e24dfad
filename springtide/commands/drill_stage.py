"""Setting the stage of a drill: engines on a disk of their own, the split layout, the sandbox, goods to sell."""

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from springtide.bootstrap import running
from springtide.commands.engines import sandbox_secret
from springtide.commands.migrations import migrate_all
from springtide.commands.output import aside
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.ports import choose_port
from springtide.platform.embedded.small_disk import NoSmallDisk, SmallDisk
from springtide.platform.embedded.switchboard import Switchboard
from springtide.platform.http_client import HttpClient, OutboundError
from springtide.rehearsal.drill.gateway import ACCOUNTS, SandboxGateway
from springtide.rehearsal.drill.goods import MARKET, load_goods, load_voucher
from springtide.rehearsal.drill.run import NotRecovered
from springtide.rehearsal.drill.stage import Inside, Stage
from springtide.rehearsal.fleet import FAILPOINTS, Failpoints, Fleet, Program
from springtide.sandbox.keys import account_keys
from springtide.settings import CONTEXTS, Gateway, Settings, as_environment

LAYOUT: tuple[tuple[str, ...], ...] = (
    ("web",),
    ("inventory", "pricing"),
    ("checkout", "orders"),
    ("payments",),
    ("catalog", "customers", "insight", "peak", "jobs"),
)
"""The processes of the split layout, each with its roles; a process is called by its first."""
_SETTLE_S = 60.0
_READY_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.05
_IS_SETTLED_WITHIN_S = 3.0
_GATEWAY_DEADLINE_S = 10.0
_CALL_TIMEOUT_S = 3.0  # a call to a process that was killed is not waited for longer
_OK = 200


@asynccontextmanager
async def staged(*, keep_logs: str = "") -> AsyncIterator[Stage]:
    """Yield a shop of real processes with goods to sell, on engines, ports and a disk of its own; then remove it.

    `keep_logs`: a file that gets the processes' logs at the end.
    """
    async with AsyncExitStack() as stack:
        place = _place(stack)
        folder = open_data_folder(place / "shop", say=_quietly)
        disk, no_disk = _mounted(stack, place / "disk")
        database_folder = open_data_folder(place / "disk", say=_quietly) if disk else folder
        board = await stack.enter_async_context(Switchboard(folder, database_folder, say=_quietly))
        settings = _settings(board, folder)
        await asyncio.to_thread(migrate_all, settings)
        await _load(settings)
        failpoints = Failpoints(folder.app / "failpoints")
        environ = _environment(settings, failpoints)
        nursery = Program(
            name="nursery", command=(sys.executable, "-m", "springtide.commands.nursery"), environ=environ
        )
        fleet = Fleet(_programs(settings, folder, environ), logs=folder.logs, nursery=nursery)
        if keep_logs:
            stack.callback(lambda: Path(keep_logs).write_text(fleet.logs(), encoding="utf-8"))
        stack.callback(fleet.stop)
        fleet.start()
        client = await stack.enter_async_context(HttpClient(base_url="", deadline_s=_GATEWAY_DEADLINE_S))
        sandbox_url = f"http://127.0.0.1:{settings.sandbox_port}"
        await _wait_ready(client, fleet, f"{settings.shop_url()}/readyz", f"{sandbox_url}/health")
        outside = await stack.enter_async_context(running(settings, (), background=False, serve=False))
        api_keys = {gateway.name: gateway.api_key for gateway in settings.gateways if gateway.api_key}
        yield Stage(
            fleet=fleet,
            failpoints=failpoints,
            board=board,
            gateway=SandboxGateway(client, sandbox_url, api_keys),
            shop_url=settings.shop_url(),
            disk=disk,
            no_disk=no_disk,
            role_of={role: group[0] for group in LAYOUT for role in group},
            outside=outside.ask,
            look_inside=partial(_inside, settings),
        )


def _place(stack: AsyncExitStack) -> Path:
    """Return a folder that the database's account can pass through."""
    place = Path(tempfile.mkdtemp(prefix="springtide-drill-"))
    stack.callback(shutil.rmtree, place)
    place.chmod(0o711)
    return place


def _mounted(stack: AsyncExitStack, place: Path) -> tuple[SmallDisk | None, str]:
    """Return a small disk for the database, or None and why there can be none."""
    disk = SmallDisk(place)
    try:
        disk.mount()
    except NoSmallDisk as problem:
        return None, str(problem)
    stack.callback(disk.unmount)
    return disk, ""


def _settings(board: Switchboard, folder: DataFolder) -> Settings:
    engines = board.engines
    port, sandbox_port = _two_ports()
    keys = (account_keys(secret=sandbox_secret(engines.secret_key), account=account) for account in ACCOUNTS)
    sandboxes = tuple(
        Gateway(
            name=f"sandbox-{each.account}",
            provider="sandbox",
            url=f"http://127.0.0.1:{sandbox_port}",
            api_key=each.api_key,
            webhook_secret=each.webhook_secret,
            markets={MARKET: ("bank_redirect", "card")},
        )
        for each in keys
    )
    return Settings(
        data_dir=str(folder.app),
        database_url=engines.database_url,
        nats_url=engines.nats_url,
        secret_key=engines.secret_key,
        bus_namespace=f"drill{secrets.token_hex(4)}",
        port=port,
        sandbox_port=sandbox_port,
        default_market=MARKET,
        log_level="INFO",
        demo=False,
        drain_s=0.0,  # buyers come without a balancer
        call_timeout_s=_CALL_TIMEOUT_S,
        gateways=(*sandboxes, Gateway(name="invoice", provider="invoice", markets={MARKET: ("invoice",)})),
    )


def _two_ports() -> tuple[int, int]:
    first = choose_port()
    second = choose_port()
    return (first, second) if first != second else _two_ports()


async def _load(settings: Settings) -> None:
    async with running(settings, CONTEXTS) as node:
        await load_goods(node.ask)
        await node.settle(patience_s=_SETTLE_S)
        await load_voucher(node.ask(PricingApi))
        await node.settle(patience_s=_SETTLE_S)


def _environment(settings: Settings, failpoints: Failpoints) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")},
        **as_environment(settings),
        FAILPOINTS: str(failpoints.folder),
    }


def _programs(settings: Settings, folder: DataFolder, environ: dict[str, str]) -> list[Program]:
    secret_file = folder.app / "sandbox-secret.txt"
    write_atomically(secret_file, sandbox_secret(settings.secret_key), mode=0o600)
    sandbox = (
        *(sys.executable, "-m", "springtide.sandbox", "--port", str(settings.sandbox_port)),
        *("--data", str(folder.app / "sandbox"), "--webhook-secret-file", str(secret_file)),
        *(word for account in ACCOUNTS for word in ("--account", account)),
    )
    shop = (Program(name=group[0], roles=group) for group in LAYOUT)
    return [Program(name="sandbox", command=sandbox, environ=environ), *shop]


async def _wait_ready(client: HttpClient, fleet: Fleet, *addresses: str) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    for address in addresses:
        while not await _answers(client, address):
            if time.monotonic() > deadline:
                msg = f"{address} is not ready: {fleet.logs()[-2000:]}"
                raise NotRecovered(msg)
            await asyncio.sleep(_LOOK_EVERY_S)


async def _answers(client: HttpClient, address: str) -> bool:
    try:
        return (await client.request("GET", address)).status == _OK
    except OutboundError:
        return False


@asynccontextmanager
async def _inside(settings: Settings) -> AsyncIterator[Inside]:
    async with running(settings, CONTEXTS, background=False, serve=False) as node:

        async def is_settled() -> bool:
            try:
                await node.settle(patience_s=_IS_SETTLED_WITHIN_S)
            except TimeoutError:
                return False
            return True

        yield Inside(node.ask, is_settled)


def _quietly(line: str) -> None:
    """Pass on what a person may have to know; that engines stop and start again is the purpose."""
    if "problem" in line:
        aside(f"drill: {line}")
