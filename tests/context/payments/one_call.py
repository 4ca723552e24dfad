"""A process of its own that makes one call of the payments contract: `python -m tests.context.payments.one_call`.

Reads settings and call as JSON from standard input. It dies where SPRINGTIDE_FAILPOINTS says.
"""

import asyncio
import sys
from typing import Any
from uuid import UUID

import msgspec

from springtide.bootstrap import running
from springtide.contracts.payments.api import PaymentsApi
from springtide.platform.caller import system
from springtide.settings import Settings


class Job(msgspec.Struct, frozen=True):
    """What to do."""

    settings: Settings
    method: str
    arguments: dict[str, Any]


async def main(job: Job) -> None:
    """Build payments, make the call, and leave."""
    async with running(job.settings, {"payments"}, background=False) as node:
        arguments = {name: UUID(value) if name.endswith("_id") else value for name, value in job.arguments.items()}
        await getattr(node.ask(PaymentsApi), job.method)(caller=system("test"), **arguments)


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.stdin.buffer.read(), type=Job)))
