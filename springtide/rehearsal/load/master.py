"""The master of the swarm: waits for its workers, gives them the plan, collects what happened, ends everything.

    python -m springtide.rehearsal.load.master PLAN.json RESULT.json --bind HOST:PORT [--web HOST:PORT]

See `worker.py` about Locust. Writes a list of tallies, one for each worker that came to its end, and
"started" to standard output when visitors begin to arrive.
"""

import argparse
import logging
import sys
import time
from pathlib import Path
from typing import Any

import gevent
import msgspec
from locust import User
from locust.env import Environment
from locust.runners import MasterRunner

from springtide.rehearsal.load.plan import Plan, decoded
from springtide.rehearsal.load.tally import Tally

PLAN, TALLY, REFUSED = "rehearsal_plan", "rehearsal_tally", "rehearsal_refused"
_JOIN_WITHIN_S = 120.0
_END_WITHIN_S = 150.0
_LOOK_EVERY_S = 0.1
_PLAN_READ_S = 0.5


class Door(User):
    """The name of the workers' user; the master runs none."""


class Master:
    """Counts workers in and tallies out."""

    def __init__(self, runner: MasterRunner, plan: Plan) -> None:
        self._runner = runner
        self._plan = plan
        self.tallies: list[Tally] = []
        self.refusals: list[str] = []
        runner.register_message(TALLY, self._take)
        runner.register_message(REFUSED, self._refused)

    def run(self) -> None:
        """Wait for the workers, start them, and wait for what they say."""
        if not self._until(lambda: self._runner.worker_count >= self._plan.workers, _JOIN_WITHIN_S):
            say(f"only {self._runner.worker_count} of {self._plan.workers} workers came")
            return
        self._runner.send_message(PLAN, {"plan": msgspec.json.encode(self._plan)})
        gevent.sleep(_PLAN_READ_S)
        if self.refusals:
            return
        say(f"{self._plan.workers} workers, visitors arrive for {self._plan.scenario.seconds:.0f} s")
        sys.stdout.write("started\n")
        sys.stdout.flush()
        self._runner.start(self._plan.workers, spawn_rate=self._plan.workers)
        patience_s = self._plan.scenario.seconds + _END_WITHIN_S
        self._until(lambda: len(self.tallies) + len(self.refusals) >= self._there(), patience_s)
        if not self.tallies and not self.refusals:
            say("no worker came to its end: they were ended, or not heard for a minute")

    def _there(self) -> int:
        """Return how many workers there are, also those a busy machine has kept silent for some seconds."""
        return self._runner.worker_count + len(self._runner.clients.missing)

    def _until(self, is_so: Any, patience_s: float) -> bool:  # noqa: ANN401 - a function without arguments
        deadline = time.monotonic() + patience_s
        while not is_so():
            if time.monotonic() > deadline:
                return False
            gevent.sleep(_LOOK_EVERY_S)
        return True

    def _take(self, environment: Environment, msg: Any, **_: object) -> None:  # noqa: ANN401, ARG002 - Locust's call
        self.tallies.append(msgspec.json.decode(msg.data["tally"], type=Tally))

    def _refused(self, environment: Environment, msg: Any, **_: object) -> None:  # noqa: ANN401, ARG002 - as above
        self.refusals.append(str(msg.data["said"]))


def say(line: str) -> None:
    """Tell the command that started us."""
    sys.stderr.write(f"rehearse: {line}\n")
    sys.stderr.flush()


def main() -> int:
    """Run one rehearsal; exit code 1 when it could not be started."""
    parser = argparse.ArgumentParser()
    parser.add_argument("plan", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--bind", required=True)
    parser.add_argument("--web", default="")
    options = parser.parse_args()
    del sys.argv[1:]  # Locust's page reads them again, as its own
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    plan = decoded(options.plan.read_bytes())
    environment = Environment(user_classes=[Door], host=plan.url)
    host, _, port = options.bind.rpartition(":")
    runner = environment.create_master_runner(host, int(port))
    master = Master(runner, plan)
    if options.web:
        web_host, _, web_port = options.web.rpartition(":")
        environment.create_web_ui(web_host, int(web_port))
        say(f"Locust's page: http://{options.web}/")
    master.run()
    for refusal in master.refusals:
        say(f"a worker refuses: {refusal}")
    options.result.write_bytes(msgspec.json.encode(master.tallies))
    runner.quit()
    return 0 if master.tallies else 1


if __name__ == "__main__":
    sys.exit(main())
