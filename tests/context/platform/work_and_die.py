"""A worker that takes a job and never finishes it: it waits to be killed.

    work_and_die.py DATABASE_URL

Prints "taken" when the job runs.
"""

import asyncio
import sys

from springtide.platform.database_roles import runtime_url
from springtide.platform.jobs import Jobs
from tests.context.platform import probe


async def hang(**_: str) -> None:
    sys.stdout.write("taken\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def main(url: str) -> None:
    jobs = Jobs(runtime_url(url, probe.SECRET, probe.PROBE), probe.PROBE)
    jobs.register({"note": hang})
    await jobs.run_worker()


asyncio.run(main(sys.argv[1]))
