"""How the peak desk is built. Nothing here imports the numerics: they live in a process per plan."""

import asyncio
from pathlib import Path

from springtide.contexts.peak.jobs import loops
from springtide.contexts.peak.providers.question_run import QuestionProcess
from springtide.contexts.peak.service import PeakService
from springtide.contexts.peak.store import STATEMENTS
from springtide.contracts.peak.api import PeakApi
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Needs


def build(needs: Needs) -> Built:
    """Build the desk."""
    process, asked = QuestionProcess(), asyncio.Event()
    return Built(
        api=PeakService(needs.db, secret_key=needs.secret_key, asked=asked),
        loops=loops(needs.db, needs.ask, needs.data_dir, process, secret_key=needs.secret_key, asked=asked),
        close=process.close,
    )


SPEC = ContextSpec(
    contract=Contract("peak", PeakApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    is_asked_by_buyers=False,
)
