"""Running a hypothesis state machine against a real store: short and always the same, or long and by chance (soak)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from springtide.platform.errors import Refusal
from springtide.platform.usecase import new_key

ANSWER_S = 30.0


class Sent(msgspec.Struct):
    """A write as it was sent under its key, and how it ended."""

    write: Callable[[str], Coroutine[Any, Any, Any]]
    key: str
    outcome: Any


class StoreModel(RuleBasedStateMachine):
    """A machine whose rules call contracts: hypothesis runs in a thread, the store in the test's event loop."""

    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=ANSWER_S)

    def outcome(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return the answer, or the class of the refusal."""
        try:
            return self.run(work)
        except Refusal as refusal:
            return type(refusal)

    def send(self, write: Callable[[str], Coroutine[Any, Any, Any]]) -> Any:
        """Make a write under a key of its own; it may be repeated later."""
        key = new_key()
        outcome = self.outcome(write(key))
        self.sent.append(Sent(write, key, outcome))
        return outcome

    def repeat(self, which: int) -> None:
        """Send a write again under its key: the answer is the one it had."""
        sent = self.sent[which % len(self.sent)]
        assert self.outcome(sent.write(sent.key)) == sent.outcome


async def run_model(
    machine: type[StoreModel], *, examples: int, steps: int, by_chance: bool = False, **facts: Any
) -> None:
    """Run a machine with `facts` as its class attributes; always the same examples, unless `by_chance`."""
    made = type("Model", (machine,), {"loop": asyncio.get_running_loop(), **facts})
    bounded = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=not by_chance,
        database=None,
        phases=(Phase.generate,),  # a failing run prints its steps; shrinking it takes minutes
        suppress_health_check=list(HealthCheck),
        print_blob=by_chance,
    )
    await asyncio.to_thread(run_state_machine_as_test, made, settings=bounded)
