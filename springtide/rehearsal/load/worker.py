"""A worker of the swarm: takes the plan from the master, lets its share of the visitors arrive, sends what happened.

    python -m springtide.rehearsal.load.worker --master HOST:PORT [--allow-host NAME ...]

Locust's model is a fixed number of users who wait for answers: a shop that slows down would be asked less. So the one
Locust user of a worker is the door: it starts a greenlet per visitor when that visitor is due, come what may, and the
first request of a visit counts from when it was due, not from when a greenlet found time for it. Requests go through
Locust's own client, so its page and statistics show them.

This file and `master.py` are the only importers of locust, which patches the standard library when it is imported:
both run as programs, nothing imports them.
"""

import argparse
import contextlib
import logging
import sys
import time
from collections.abc import Sequence
from itertools import count
from random import Random
from typing import Any, ClassVar

import gevent
import msgspec
from locust import User, task
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.runners import WorkerRunner

from springtide.platform.errors import SpringtideError
from springtide.rehearsal.load.arrivals import arrivals
from springtide.rehearsal.load.buying import Buyer
from springtide.rehearsal.load.guard import require_ours
from springtide.rehearsal.load.plan import Plan, decoded
from springtide.rehearsal.load.tally import Tally
from springtide.rehearsal.load.visit import NO_ANSWER, Company, Reply, Send, Steps, Wait

PLAN, TALLY, REFUSED = "rehearsal_plan", "rehearsal_tally", "rehearsal_refused"
_TIMEOUT_S = 20.0
_LAST_VISITS_S = 45.0
_NOTICED_MS = 1.0
_CHECKERS = 8


class Worker:
    """One worker: its plan once it has come, and what happened so far."""

    def __init__(self, runner: WorkerRunner, allowed: Sequence[str]) -> None:
        self._runner = runner
        self._allowed = tuple(allowed)
        self._plan: Plan | None = None
        self._is_done = False
        self.tally = Tally(worker=runner.client_id)

    def take_plan(self, environment: Environment, msg: Any, **_: object) -> None:  # noqa: ANN401, ARG002 - Locust's call
        """Keep the plan, if this machine may put its target under load too."""
        plan = decoded(msg.data["plan"])
        try:
            require_ours(plan.url, allowed=self._allowed)
        except SpringtideError as refused:
            self._runner.send_message(REFUSED, {"said": refused.detail})
            return
        self._plan = plan

    def run(self, environment: Environment) -> None:
        """Let the visitors arrive, wait for the last of them, look for all orders again, and send the tally."""
        if self._plan is None or self._is_done:  # a worker that left: its user was moved here, its visitors were not
            return
        self._is_done = True
        began_s = time.perf_counter()
        company = Company(self._plan, self.tally, began_s=began_s, allowed=self._allowed)
        try:
            visits = _Visits(environment, company, Random(f"{self._plan.seed}-{self._runner.worker_index}"))  # noqa: S311 - a load
            visits.arrive()
            visits.look_again()
        finally:
            self.tally.cpu_percent = self._runner.current_cpu_usage
            self._runner.send_message(TALLY, {"tally": msgspec.json.encode(self.tally)})


class _Visits:
    def __init__(self, environment: Environment, company: Company, random: Random) -> None:
        self._environment = environment
        self._company = company
        self._random = random
        self._under_way: set[Any] = set()

    def arrive(self) -> None:
        plan, tally = self._company.plan, self._company.tally
        began_s = self._company.began_s
        for after_s in arrivals(plan.scenario.phases, self._random, share=1 / plan.workers):
            due_s = began_s + after_s
            gevent.sleep(max(0.0, due_s - time.perf_counter()))
            tally.late.add((time.perf_counter() - due_s) * 1000)
            tally.at(int(after_s)).arrived += 1
            tally.ended("arrived")
            if len(self._under_way) >= plan.most_visits:
                tally.ended("not started: the generator is full")
                continue
            buyer = Buyer(self._company, Random(self._random.getrandbits(64)))  # noqa: S311 - a load
            self._spawn(buyer.visit(), due_s)
        gevent.sleep(max(0.0, began_s + plan.scenario.seconds - time.perf_counter()))
        gevent.joinall(list(self._under_way), timeout=_LAST_VISITS_S)
        for visit in list(self._under_way):
            tally.ended("still looking at the end")
            visit.kill()

    def look_again(self) -> None:
        """Read every order that a buyer was told of once more, now that the load is over."""
        left = iter(self._company.tally.placed[: self._company.plan.most_checked])
        buyer = Buyer(self._company, self._random)

        def check() -> None:
            for placed in left:
                self._drive(buyer.order_of(placed), time.perf_counter())

        gevent.joinall([gevent.spawn(check) for _ in range(_CHECKERS)])

    def _spawn(self, steps: Steps, due_s: float) -> None:
        greenlet = gevent.spawn(self._drive, steps, due_s)
        self._under_way.add(greenlet)
        greenlet.link(self._under_way.discard)

    def _drive(self, steps: Steps, due_s: float) -> None:
        """Do what a visit yields. A request counts from when it was due: the arrival, the end of a pause or answer."""
        session = FastHttpSession(
            base_url=self._company.plan.url,
            request_event=self._environment.events.request,
            user=None,
            connection_timeout=_TIMEOUT_S,
            network_timeout=_TIMEOUT_S,
            concurrency=2,
        )
        reply: Reply | None = None
        with contextlib.suppress(StopIteration):
            while True:
                step = steps.send(reply)
                if isinstance(step, Wait):
                    due_s += step.seconds
                    gevent.sleep(max(0.0, due_s - time.perf_counter()))
                    reply = None
                else:
                    reply = _sent(session, step, due_s)
                    due_s = reply.ended_s


def _sent(session: FastHttpSession, step: Send, due_s: float) -> Reply:
    with session.request(
        step.method,
        step.url or step.path,
        name=step.kind,
        data=step.body.decode() or None,
        headers=step.headers,
        catch_response=True,
        allow_redirects=False,
    ) as answer:
        ended_s = time.perf_counter()
        answer.request_meta["response_time"] = (ended_s - due_s) * 1000
        reply = Reply(
            status=int(answer.status_code or NO_ANSWER),
            body=bytes(answer.content or b""),
            began_s=due_s,
            ended_s=ended_s,
            retry_after_s=_seconds(answer.headers.get("retry-after") if answer.headers else None),
        )
        if reply.is_failure:
            answer.failure(str(reply.status or "no answer"))
        else:
            answer.success()
    return reply


def _seconds(header: str | None) -> float:
    return float(header) if header and header.isdigit() else 0.0


class Door(User):
    """Locust's user, one to a worker: it opens the door."""

    worker: ClassVar[Worker | None] = None

    @task
    def open(self) -> None:
        """Run the plan once, then stand there until Locust ends the test."""
        if self.worker is not None:
            self.worker.run(self.environment)
        for _ in count():
            gevent.sleep(1)


def main() -> int:
    """Join a master and work until it says that all is over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--master", required=True)
    parser.add_argument("--allow-host", action="append", default=[])
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    host, _, port = options.master.rpartition(":")
    environment = Environment(user_classes=[Door], host="")
    try:
        runner = environment.create_worker_runner(host, int(port))
    except ConnectionError:
        sys.stderr.write(f"springtide: no master answers at {options.master}\n")
        return 1
    worker = Worker(runner, options.allow_host)
    Door.worker = worker
    runner.register_message(PLAN, worker.take_plan)
    runner.greenlet.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
