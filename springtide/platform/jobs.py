"""Background jobs: procrastinate in the context's own schema, deferred in the context's own transaction.

Not for the hot path. The only module that imports procrastinate besides migrate.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import procrastinate
from procrastinate import PsycopgConnector, RetryStrategy
from procrastinate.tasks import Task

from springtide.platform.db import Tx
from springtide.platform.telemetry import logger

log = logger(__name__)

_STALLED_AFTER_S = 10.0

Work = Callable[..., Awaitable[None]]


class Jobs:
    """The jobs of one context by name. `work` functions take JSON arguments, hold no transaction across calls to the
    outside, and are repeatable: a job whose worker died is run again.
    """

    def __init__(self, url: str, context: str, *, attempts: int = 12) -> None:
        self.context = context
        self._app = procrastinate.App(
            connector=PsycopgConnector(
                conninfo=url,
                min_size=1,
                max_size=1,  # jobs are not the hot path, and the server has few connections; listening takes one more
                kwargs={"options": f"-c search_path={context}", "application_name": f"springtide-{context}-jobs"},
            )
        )
        self._retry = RetryStrategy(max_attempts=attempts, exponential_wait=2)
        self._tasks: dict[str, Task[..., Any, Any]] = {}
        self._is_working = False

    def register(self, work: Mapping[str, Work]) -> None:
        """Add the functions behind the job names, before the first job is deferred or worked off."""
        for name, function in work.items():
            self._tasks[name] = self._app.task(name=f"{self.context}.{name}", retry=self._retry)(function)

    async def defer(self, tx: Tx, name: str, *, lock: str | None = None, **arguments: Any) -> None:  # noqa: ANN401 - JSON
        """Order a job; it exists if and only if `tx` commits. Jobs with the same `lock` run one after the other."""
        task = self._tasks[name].configure(lock=lock, connection=tx.connection)
        await task.defer_async(**arguments)

    async def waiting(self) -> int:
        """Return how many jobs wait for a worker; a worker has to run here, whose connection is used."""
        queues = await self._app.job_manager.list_queues_async() if self._is_working else []
        return sum(int(queue["todo"]) for queue in queues)

    async def run_worker(self, *, concurrency: int = 4) -> None:
        """Work for ever (until cancelled). Jobs left behind by a killed worker are taken again."""
        async with self._app.open_async():
            self._is_working = True
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._retry_stalled())
                    tasks.create_task(self._work_off(concurrency))
            finally:
                self._is_working = False

    async def _work_off(self, concurrency: int) -> None:
        await self._app.run_worker_async(
            concurrency=concurrency,
            install_signal_handlers=False,
            name=f"springtide-{self.context}",
            delete_jobs="successful",
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=2.0,
            stalled_worker_timeout=_STALLED_AFTER_S,
        )

    async def _retry_stalled(self) -> None:
        while True:
            for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER_S):
                log.warning("jobs.taken_again", context=self.context, job=job.id, task=job.task_name)
                await self._app.job_manager.retry_job(job)
            await asyncio.sleep(_STALLED_AFTER_S / 2)
