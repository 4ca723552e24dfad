"""Promise 7: every context alone starts and answers, over the bus, without its neighbours."""

import inspect
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

import pytest

from springtide.bootstrap import Node, contract_of, spec_of
from springtide.platform.bus import BusUnavailable
from springtide.platform.caller import system
from springtide.platform.db import DatabaseUnavailable
from springtide.platform.errors import Refusal
from springtide.platform.rpc import remote
from springtide.settings import CONTEXTS
from tests.context.platform.probe import until
from tests.contract.examples import example_arguments

CALLER = system("test")


@pytest.mark.parametrize("context", CONTEXTS)
async def test_context_alone_answers_calls_of_other_processes(
    node_with: Callable[..., Awaitable[Node]], context: str
) -> None:
    node = await node_with(context, background=True)
    contract = spec_of(context).contract
    api: Any = remote(contract, node.bus)
    page = "audit_entries" if "audit_entries" in contract.methods else next(iter(sorted(contract.methods)))
    arguments = {**example_arguments(contract.methods[page]), "caller": CALLER}

    async def answers() -> bool:
        try:
            await getattr(api, page)(**arguments)
        except Refusal:
            return True
        except (BusUnavailable, DatabaseUnavailable):  # still starting
            return False
        return True

    await until(answers)


@pytest.mark.parametrize("context", CONTEXTS)
async def test_context_alone_answers_what_needs_no_neighbour(
    node_with: Callable[..., Awaitable[Node]], context: str
) -> None:
    node = await node_with(context)
    module = import_module(f"springtide.contracts.{context}.api")
    (api,) = [
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and value.__name__.endswith("Api")
    ]
    assert contract_of(api).context == context
    assert set(node.built) == {context}
    assert await node.ask(api).audit_entries(caller=CALLER) == ()
