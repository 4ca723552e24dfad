"""The restore drill: a shop loses its data folder while buyers buy, and comes back from its backup.

Everything is done as an operator would do it: `springtide up` with a backup folder, kill -9 of every process and the
folder deleted, `springtide restore`, `springtide up` again. The gateway is somebody else's and lives on. Buyers never
stop asking; what they were told is compared with what there is afterwards.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from random import Random

import msgspec

from springtide.bootstrap import Node
from springtide.commands.drill_restore_shop import LOOK_EVERY_S, READY_WITHIN_S, ThrowAway, staged, until_ready
from springtide.contracts.common import Finding
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.errors import Unavailable
from springtide.platform.http_client import HttpClient
from springtide.rehearsal.checker import check
from springtide.rehearsal.drill.buyers import Buyer, Market
from springtide.rehearsal.drill.goods import load_goods, load_voucher
from springtide.rehearsal.drill.record import Purchase, Record
from springtide.rehearsal.drill.run import NotRecovered
from springtide.rehearsal.drill.verdict import read_facts

_DEADLINE_S = 5.0
_SETTLE_S = 60.0
_CLEAN_WITHIN_S = 60.0
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


async def drill_restore(bounds: Bounds, *, say: Callable[[str], None]) -> RestoreReport:
    """Run the drill and return what was found. Raises NotRecovered, EngineProblem."""
    async with AsyncExitStack() as stack:
        shop = await staged(stack, synchronous=bounds.synchronous)
        browser = await stack.enter_async_context(HttpClient(base_url=shop.settings.shop_url(), deadline_s=_DEADLINE_S))
        bank = await stack.enter_async_context(HttpClient(base_url="", deadline_s=_DEADLINE_S))
        await until_ready(browser, shop)
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
    shop: ThrowAway, browser: HttpClient, market: Market, bounds: Bounds, say: Callable[[str], None]
) -> _Times:
    await asyncio.sleep(bounds.seconds)
    times = _Times(killed=time.monotonic())
    say(f"{len(market.record.successes)} orders; kill -9 of everything, and the data folder is gone")
    await shop.destroy()
    said = await shop.restore()
    times.restored = time.monotonic()
    say(said.splitlines()[-3] if len(said.splitlines()) > 2 else said)  # noqa: PLR2004 - its last three lines tell
    await shop.up()
    await until_ready(browser, shop)
    times.ready = time.monotonic()
    say(f"ready {times.ready - times.killed:.1f} s after the kill")
    while not any(purchase.told_at_s > times.restored for purchase in market.record.successes):
        if time.monotonic() - times.ready > READY_WITHIN_S:
            msg = f"nobody can buy: {market.record.answers} {market.record.refused}"
            raise NotRecovered(msg)
        await asyncio.sleep(LOOK_EVERY_S)
    return times


async def _report(shop: ThrowAway, record: Record, times: _Times, bounds: Bounds) -> RestoreReport:
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
