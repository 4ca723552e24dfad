"""The restore drill: a shop loses its data folder while buyers buy, and comes back from its backup.

Everything is done as an operator would do it: `springtide up` with a backup folder, kill -9 of every process and the
folder deleted, `springtide restore`, `springtide up` again. The gateway is somebody else's and lives on. Buyers never
stop asking; what they were told is compared with what there is afterwards.
"""

import asyncio
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec

from springtide.bootstrap import Node, running
from springtide.commands.engines import with_engines
from springtide.contracts.common import Finding
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.embedded.engines import engines_of_running_shop
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.launch import recorded_pid
from springtide.platform.embedded.ports import choose_port
from springtide.platform.embedded.problems import ChildFailed
from springtide.platform.embedded.stragglers import programs_working_in
from springtide.platform.errors import Unavailable
from springtide.platform.http_client import HttpClient, OutboundError
from springtide.rehearsal.checker import check
from springtide.rehearsal.drill.buyers import Buyer, Market
from springtide.rehearsal.drill.goods import MARKET, load_goods, load_voucher
from springtide.rehearsal.drill.record import Purchase, Record
from springtide.rehearsal.drill.run import NotRecovered
from springtide.rehearsal.drill.verdict import read_facts
from springtide.rehearsal.fleet import Fleet, Program
from springtide.sandbox.keys import account_keys
from springtide.settings import CONTEXTS, Backup, Gateway, Settings, as_environment

_DEADLINE_S = 5.0
_READY_WITHIN_S = 120.0
_SETTLE_S = 60.0
_CLEAN_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.1
_OK = 200
_CHARGED_WITHOUT_TRACE = "gateway_payment_unknown_here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long buyers buy before and after the loss, how many they are, and whether commits wait for the archive."""

    seconds: float = 10.0
    buyers: int = 8
    synchronous: bool = True
    seed: int = 1


class RestoreReport(msgspec.Struct, kw_only=True):
    """What was lost and how long it took, in seconds from the kill. `left`: charges whose trace was lost."""

    synchronous: bool
    told_before: int
    told_after: int
    lost_orders: int
    lost_s: float
    restore_s: float
    ready_s: float
    selling_s: float
    findings: list[Finding]
    left: list[Finding]

    def as_text(self) -> str:
        """Return the report for people."""
        waits = "every commit waits for the archive" if self.synchronous else "no commit waits for the archive"
        lines = [
            f"Data folder destroyed under load; {waits}.",
            f"  orders told before   {self.told_before}, after {self.told_after}",
            f"  lost                 {self.lost_orders} orders told of, {self.lost_s:.2f} s",
            f"  restored             {self.restore_s:.1f} s after the kill",
            f"  ready                {self.ready_s:.1f} s after the kill",
            f"  selling again        {self.selling_s:.1f} s after the kill",
            *(f"  left by what is lost {each.rule}  {each.subject}: {each.detail}" for each in self.left),
            *(f"  DIFFERENCE           {each.rule}  {each.subject}: {each.detail}" for each in self.findings),
            f"{len(self.findings)} differences." if self.findings else "No differences.",
            "",
        ]
        return "\n".join(lines)


@dataclass(slots=True)
class _Shop:
    """A shop of its own under `place`: its data folder, its backup folder, its settings."""

    place: Path
    settings: Settings
    process: asyncio.subprocess.Process | None = None

    def folder(self) -> DataFolder:
        return open_data_folder(Path(self.settings.data_dir), say=lambda _: None)

    async def up(self) -> None:
        with (self.place / "up.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "springtide.cli", "up"),
                env=_environ(self.settings),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def restore(self) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "springtide.cli", "restore"),
            env=_environ(self.settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        if process.returncode:
            msg = f"`springtide restore` failed: {said.decode(errors='replace')[-2_000:]}"
            raise NotRecovered(msg)
        return said.decode()

    async def destroy(self) -> None:
        """Kill -9 every process of the shop, then delete its data folder."""
        folder = self.folder()
        named = [recorded_pid(file) for file in folder.run.glob("*.json")]
        receiver = recorded_pid(Path(self.settings.backup.dir) / "run" / "pg_receivewal.json")
        up = self.process.pid if self.process is not None else None
        for pid in (*programs_working_in(folder.pg), up, receiver, *named):
            with suppress(ProcessLookupError):
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            await self.process.wait()
        shutil.rmtree(folder.root)

    async def end(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    @asynccontextmanager
    async def inside(self) -> AsyncIterator[Node]:
        """Yield a process beside the shop's, with every context in it."""
        folder = self.folder()
        engines = engines_of_running_shop(folder)
        if engines is None:
            msg = f"the shop's engines are not running: {self.log()}"
            raise NotRecovered(msg)
        complete = with_engines(self.settings, engines, folder)
        async with running(complete, CONTEXTS, background=False, serve=False) as node:
            yield node

    def log(self) -> str:
        return (self.place / "up.log").read_text(errors="replace")[-3_000:]


async def drill_restore(bounds: Bounds, *, say: Callable[[str], None]) -> RestoreReport:
    """Run the drill and return what was found. Raises NotRecovered, EngineProblem."""
    async with AsyncExitStack() as stack:
        shop = await _staged(stack, bounds)
        browser = await stack.enter_async_context(HttpClient(base_url=shop.settings.shop_url(), deadline_s=_DEADLINE_S))
        bank = await stack.enter_async_context(HttpClient(base_url="", deadline_s=_DEADLINE_S))
        await _until_ready(browser, shop)
        async with shop.inside() as node:
            await load_goods(node.ask)
            await node.settle(patience_s=_SETTLE_S)
            await load_voucher(node.ask(PricingApi))
            await node.settle(patience_s=_SETTLE_S)
        say("the shop stands, buyers come")
        market = Market(shop=browser, bank=bank, shop_url=shop.settings.shop_url(), record=Record())
        async with asyncio.TaskGroup() as tasks:
            for number in range(bounds.buyers):
                who = Random(f"{bounds.seed}:{number}")  # noqa: S311 - buyers to repeat, no secret
                tasks.create_task(Buyer(number, who, market).shop_until_closed())
            times = await _lose_and_restore(shop, browser, market, bounds, say)
            await asyncio.sleep(bounds.seconds / 2)
            market.closes.set()
        return await _report(shop, market.record, times, bounds)


@dataclass(slots=True)
class _Times:
    """Moments by `time.monotonic`."""

    killed: float
    restored: float = 0.0
    ready: float = 0.0


async def _lose_and_restore(
    shop: _Shop, browser: HttpClient, market: Market, bounds: Bounds, say: Callable[[str], None]
) -> _Times:
    await asyncio.sleep(bounds.seconds)
    times = _Times(killed=time.monotonic())
    say(f"{len(market.record.successes)} orders; kill -9 of everything, and the data folder is gone")
    await shop.destroy()
    said = await shop.restore()
    times.restored = time.monotonic()
    say(said.splitlines()[-3] if len(said.splitlines()) > 2 else said)  # noqa: PLR2004 - its last three lines tell
    await shop.up()
    await _until_ready(browser, shop)
    times.ready = time.monotonic()
    say(f"ready {times.ready - times.killed:.1f} s after the kill")
    while not any(purchase.told_at_s > times.restored for purchase in market.record.successes):
        if time.monotonic() - times.ready > _READY_WITHIN_S:
            msg = f"nobody can buy: {market.record.answers} {market.record.refused}"
            raise NotRecovered(msg)
        await asyncio.sleep(_LOOK_EVERY_S)
    return times


async def _report(shop: _Shop, record: Record, times: _Times, bounds: Bounds) -> RestoreReport:
    # Nobody is told anything between the death of the last process and the restore.
    before = [purchase for purchase in record.successes if purchase.told_at_s < times.restored]
    after = [purchase for purchase in record.successes if purchase.told_at_s >= times.restored]
    async with shop.inside() as node:
        findings = await _findings(node)
        orders = (await read_facts(node.ask)).orders
    lost = [purchase for purchase in before if purchase.order_id not in orders]
    gone = [purchase for purchase in after if purchase.order_id not in orders]
    findings += [_lost(purchase) for purchase in (*gone, *(lost if bounds.synchronous else ()))]
    findings += [Finding(rule=rule, subject=subject, detail=text) for rule, subject, text in record.broken]
    left = [each for each in findings if each.rule == _CHARGED_WITHOUT_TRACE and not bounds.synchronous]
    return RestoreReport(
        synchronous=bounds.synchronous,
        told_before=len(before),
        told_after=len(after),
        lost_orders=len(lost),
        lost_s=max(0.0, times.killed - min((purchase.told_at_s for purchase in lost), default=times.killed)),
        restore_s=times.restored - times.killed,
        ready_s=times.ready - times.killed,
        selling_s=min(purchase.told_at_s for purchase in after) - times.killed,
        findings=[each for each in findings if each not in left],
        left=left,
    )


def _lost(purchase: Purchase) -> Finding:
    told = (purchase.success or {}).get("order_number")
    detail = f"the buyer was told of order {told}, and there is none"
    return Finding(rule="a success answer has its order", subject=purchase.order_id, detail=detail)


async def _findings(node: Node) -> list[Finding]:
    """Check until nothing differs, or for a while: payments under way and events on their way come to an end."""
    deadline = time.monotonic() + _CLEAN_WITHIN_S
    while True:
        findings: list[Finding] | None = None
        with suppress(Unavailable, TimeoutError):
            await node.settle(patience_s=_CLEAN_WITHIN_S)
            findings = (await check(node.ask)).findings
        if findings == [] or (findings is not None and time.monotonic() > deadline):
            return findings
        if time.monotonic() > deadline + _CLEAN_WITHIN_S:
            msg = "the facts cannot be compared: a context does not answer"
            raise NotRecovered(msg)
        await asyncio.sleep(1)


def _place(stack: AsyncExitStack) -> Path:
    place = Path(tempfile.mkdtemp(prefix="springtide-restore-"))
    stack.callback(shutil.rmtree, place)
    place.chmod(0o711)
    return place


async def _staged(stack: AsyncExitStack, bounds: Bounds) -> _Shop:
    place = _place(stack)
    secret = secrets.token_hex(16)
    ports = _ports(4)
    gateway = _gateway(place, secret, ports[3])
    stack.callback(gateway.stop)
    gateway.start()
    settings = Settings(
        data_dir=str(place / "shop"),
        port=ports[0],
        backoffice_port=ports[1],
        sandbox_port=ports[2],
        default_market=MARKET,
        demo=False,
        backup=Backup(dir=str(place / "backup"), synchronous=bounds.synchronous),
        gateways=_accounts(secret, ports[3]),
    )
    shop = _Shop(place, settings)
    stack.push_async_callback(shop.end)
    await shop.up()
    return shop


def _accounts(secret: str, port: int) -> tuple[Gateway, ...]:
    keys = account_keys(secret=secret, account="shop")
    sandbox = Gateway(
        name="sandbox",
        provider="sandbox",
        url=f"http://127.0.0.1:{port}",
        api_key=keys.api_key,
        webhook_secret=keys.webhook_secret,
        markets={MARKET: ("bank_redirect", "card")},
    )
    return (sandbox, Gateway(name="invoice", provider="invoice", markets={MARKET: ("invoice",)}))


def _gateway(place: Path, secret: str, port: int) -> Fleet:
    """Return the gateway: a process that outlives the shop, as a gateway does."""
    secret_file = place / "gateway-secret.txt"
    write_atomically(secret_file, secret, mode=0o600)
    command: Sequence[str] = (
        *(sys.executable, "-m", "springtide.sandbox", "--port", str(port)),
        *("--data", str(place / "gateway"), "--webhook-secret-file", str(secret_file), "--account", "shop"),
    )
    return Fleet([Program(name="gateway", command=command, environ=dict(os.environ))], logs=place)


def _ports(count: int) -> list[int]:
    found: set[int] = set()
    while len(found) < count:
        found.add(choose_port())
    return sorted(found)


def _environ(settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}
    return {**kept, **as_environment(settings)}


async def _until_ready(browser: HttpClient, shop: _Shop) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        if shop.process is not None and shop.process.returncode is not None:
            msg = f"`springtide up` ended: {shop.log()}"
            raise ChildFailed(msg)
        with suppress(OutboundError):
            if (await browser.request("GET", "/readyz")).status == _OK:
                return
        await asyncio.sleep(_LOOK_EVERY_S)
    msg = f"the shop is not ready: {shop.log()}"
    raise NotRecovered(msg)
