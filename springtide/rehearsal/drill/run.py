"""A whole drill: buyers and faults for a bounded time, then recovery, then the verdict."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random

from springtide.contracts.common import Finding
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.errors import Unavailable
from springtide.platform.http_client import HttpClient, OutboundError
from springtide.rehearsal.checker import Report, check
from springtide.rehearsal.drill.buyers import Buyer, Market, NoAnswerInTime, Refused
from springtide.rehearsal.drill.clerk import Clerk
from springtide.rehearsal.drill.faults import FaultNotDone, Faults
from springtide.rehearsal.drill.gateway import GatewayDidNotAnswer
from springtide.rehearsal.drill.record import Record
from springtide.rehearsal.drill.report import DrillReport
from springtide.rehearsal.drill.schedule import Bounds, schedule
from springtide.rehearsal.drill.stage import CONTEXTS_WITH_CLOCKS, Inside, Stage
from springtide.rehearsal.drill.verdict import Facts, compare, read_facts, unfinished

Say = Callable[[str], None]
_DEADLINE_S = 9.0
_RECOVERY_S = 150.0
_LOOK_EVERY_S = 0.5
_SAY_EVERY_S = 5.0
_JUMPS_S = (1_300, 400, 400, 400)
_JUMP_EVERY_S = 6.0
_SAME_FOR_S = 30.0  # longer than all jumps take: nothing is left that could still come by itself
_KILLED = -9
_OK = 200


class NotRecovered(Exception):
    """The shop's processes did not come back at all: there is nothing to compare."""


def _lines(problem: BaseException) -> list[str]:
    """Return what all members of a group have to say, however deep they lie."""
    if isinstance(problem, BaseExceptionGroup):
        return [line for each in problem.exceptions for line in _lines(each)]
    return [str(problem)]


class _Seen:
    """Remembers what differed, and since when it is the same."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._since = 0.0

    def same_for_s(self, report: Report) -> float:
        """Return for how long the report has found the same."""
        if report.findings != self._findings:
            self._findings, self._since = report.findings, time.monotonic()
        return time.monotonic() - self._since


class Drill:
    """One drill on one stage; `run` once."""

    def __init__(self, stage: Stage, bounds: Bounds, *, say: Say) -> None:
        self.record = Record()
        self._stage = stage
        self._bounds = bounds
        self._say = say
        self._said_at = time.monotonic()
        self._faults = Faults(stage, say=say)
        self._random = Random(bounds.seed)  # noqa: S311 - a drill to repeat, no secret

    async def run(self) -> DrillReport:
        """Let buyers buy while the schedule breaks things; return what became of it."""
        started = time.monotonic()
        async with (
            HttpClient(base_url=self._stage.shop_url, deadline_s=_DEADLINE_S) as shop,
            HttpClient(base_url="", deadline_s=_DEADLINE_S) as bank,
        ):
            market = Market(shop=shop, bank=bank, shop_url=self._stage.shop_url, record=self.record)
            buyers = [
                Buyer(number, Random(f"{self._bounds.seed}:{number}"), market)  # noqa: S311 - as above
                for number in range(self._bounds.buyers)
            ]
            await self._under_fire(market, buyers)
            calm = time.monotonic()
            self._say(f"the last fault is over, {len(self.record.successes)} orders so far; recovering")
            async with self._stage.look_inside() as inside:
                facts, report = await self._recover(inside, market, buyers)
        return self._report(facts, report, recovery_s=time.monotonic() - calm, took_s=time.monotonic() - started)

    async def _under_fire(self, market: Market, buyers: list[Buyer]) -> None:
        try:
            await self._all_at_once(market, buyers)
        except* FaultNotDone as problems:
            raise FaultNotDone(", ".join(_lines(problems))) from problems

    async def _all_at_once(self, market: Market, buyers: list[Buyer]) -> None:
        clerk = Clerk(self._stage.outside(OrdersApi), self.record, self._random)
        async with asyncio.TaskGroup() as tasks:
            for buyer in buyers:
                tasks.create_task(buyer.shop_until_closed())
            tasks.create_task(clerk.work_until(market.closes))
            telling = tasks.create_task(self._tell_progress())
            await self._faults.carry_out(schedule(self._bounds))
            await self._faults.kill_more(self._bounds.kills - self._kills().total())
            market.closes.set()
            telling.cancel()

    async def _tell_progress(self) -> None:
        started = time.monotonic()
        while True:
            await asyncio.sleep(_SAY_EVERY_S)
            successes = len(self.record.successes)
            self._say(f"{time.monotonic() - started:5.1f} s  so far {self._kills().total()} kills, {successes} orders")

    async def _recover(self, inside: Inside, market: Market, buyers: list[Buyer]) -> tuple[Facts, Report]:
        """Bring everything back, let waiting payments run out of time, ask every buyer once more, compare until nothing
        differs, or the same differs for a while after everything has ended.
        """
        deadline = time.monotonic() + _RECOVERY_S
        await self._wait_ready(market.shop, deadline)
        jumps, jump_at, seen = iter(_JUMPS_S), 0.0, _Seen()
        while True:
            if time.monotonic() >= jump_at:
                await self._let_time_pass(next(jumps, 0))
                jump_at = time.monotonic() + _JUMP_EVERY_S
            is_late = time.monotonic() > deadline
            with suppress(Unavailable, GatewayDidNotAnswer):
                if is_late or await self._has_settled(inside):
                    await self._ask_everybody(buyers)
                    facts, report = await self._compare(inside)
                    is_clean = len(report.findings) == len(self.record.broken)  # what was seen broken stays so
                    if is_late or is_clean or seen.same_for_s(report) > _SAME_FOR_S:
                        return facts, report
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _wait_ready(self, shop: HttpClient, deadline: float) -> None:
        while time.monotonic() < deadline:
            with suppress(OutboundError):
                if self._stage.fleet.is_whole() and (await shop.request("GET", "/readyz")).status == _OK:
                    return
            await asyncio.sleep(_LOOK_EVERY_S)
        msg = f"the shop is not ready again: {self._stage.fleet.logs()[-2000:]}"
        raise NotRecovered(msg)

    async def _let_time_pass(self, seconds: float) -> None:
        """Move every clock to the same moment ahead: who is still at the bank runs out of time, pauses are over."""
        ahead_s = max(self._stage.offsets_s.values()) + seconds
        for context in CONTEXTS_WITH_CLOCKS:
            await self._faults.set_clock(context, ahead_s)
        if seconds:
            await self._faults.advance_gateway(seconds)

    async def _has_settled(self, inside: Inside) -> bool:
        if not await inside.is_settled():
            self._say_now("some events are not consumed yet")
            return False
        left = unfinished(await read_facts(inside.ask))
        if left:
            self._say_now(f"still under way: {left}")
        return not left

    def _say_now(self, line: str) -> None:
        """Say it, though not at every look."""
        if time.monotonic() - self._said_at > _SAY_EVERY_S:
            self._said_at = time.monotonic()
            self._say(line)

    async def _ask_everybody(self, buyers: list[Buyer]) -> None:
        """Let every buyer look once more, also those who had their answer: it has to be the same."""
        for purchase in self.record.purchases:
            with suppress(NoAnswerInTime, Refused):
                await buyers[purchase.buyer].ask_where_it_stands(purchase)

    async def _compare(self, inside: Inside) -> tuple[Facts, Report]:
        facts = await read_facts(inside.ask)
        ours = compare(self.record, facts, await self._stage.gateway.ledger())
        theirs = await check(inside.ask)
        ours.compare("every event is consumed", "events", None if await inside.is_settled() else "some are not")
        compared = {**ours.compared, **{f"check: {rule}": count for rule, count in theirs.compared.items()}}
        return facts, Report(compared=compared, findings=[*ours.findings, *theirs.findings], exempt=theirs.exempt)

    def _kills(self) -> Counter[str]:
        kills = Counter(death.name for death in self._stage.fleet.deaths if death.code == _KILLED)
        kills.update({name: n for name, n in self._faults.done.killed_outside.items() if name in {"postgres", "nats"}})
        return kills

    def _report(self, facts: Facts, report: Report, *, recovery_s: float, took_s: float) -> DrillReport:
        record, done = self.record, self._faults.done
        told = {purchase.order_id for purchase in record.successes}
        return DrillReport(
            seed=self._bounds.seed,
            seconds=self._bounds.seconds,
            buyers=self._bounds.buyers,
            kills_asked=self._bounds.kills,
            kills=dict(sorted(self._kills().items())),
            at_steps=dict(done.at_steps),
            others=dict(done.others),
            skipped=done.skipped,
            unreached=dict(done.unreached),
            purchases=len(record.purchases),
            succeeded=len(record.successes),
            outcomes=dict(Counter(purchase.told[-1] if purchase.told else "unheard" for purchase in record.purchases)),
            refused=dict(record.refused),
            answers=dict(record.answers),
            gave_up=record.gave_up,
            repeats=record.repeats,
            undone=sum(process.step == "undone" for process in facts.processes.values()),
            unheard=len(facts.orders.keys() - told),
            shipped=len(record.shipped),
            cancelled=len(record.cancelled),
            compared=report.compared,
            findings=report.findings,
            recovery_s=recovery_s,
            took_s=took_s,
        )
