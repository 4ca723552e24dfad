"""Promise 7: every context alone starts and answers, over the bus, without its neighbours."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from springtide.bootstrap import Node
from springtide.bootstrap.specs import spec_of
from springtide.platform.caller import system
from springtide.platform.errors import Unavailable
from springtide.platform.rpc import remote
from springtide.settings import CONTEXTS
from tests.context.platform.probe import until

CALLER = system("test")


@pytest.mark.parametrize("context", CONTEXTS)
async def test_context_alone_starts_and_answers(node_with: Callable[..., Awaitable[Node]], context: str) -> None:
    node = await node_with(context, background=True)
    contract = spec_of(context).contract
    assert set(node.built) == {context}
    assert await node.ask(contract.api).list_audit(caller=CALLER) == ()
    other_process: Any = remote(contract, node.bus)

    async def answers() -> bool:
        try:
            return bool(await other_process.list_audit(caller=CALLER) == ())
        except Unavailable:  # its server is still being announced
            return False

    await until(answers)
