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
from springtide.platform.tasks import patiently, stopped
from springtide.platform.telemetry import logger

log = logger(__name__)

_STALLED_AFTER_S = 10.0
_FINISHED_WITHIN_S = 5.0
_ABORTED_WITHIN_S = 2.0
_POLLED_EVERY_S = 0.5
_TIDIED_EVERY_S = 3600.0
_ENDED_KEPT_H = 30 * 24

Work = Callable[..., Awaitable[None]]


class Jobs:
    """The jobs of one context by name. `work` functions take JSON arguments, hold no transaction across calls to the
    outside, and are repeatable: a job whose worker died is run again.
    """

    def __init__(self, url: str, context: str, *, attempts: int = 12, is_pooled: bool = False) -> None:
        self.context = context
        self._app = procrastinate.App(
            connector=PsycopgConnector(
                conninfo=url,
                min_size=1,
                max_size=1,  # jobs are not the hot path, and the server has few connections
                kwargs={
                    "application_name": f"springtide-{context}-jobs",
                    # A pooler takes no options: there the role's own search_path is the context's schema.
                    **({"prepare_threshold": None} if is_pooled else {"options": f"-c search_path={context}"}),
                },
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
        """Work for ever. Cancelled, it takes no more jobs and finishes those it has; what takes longer than a few
        seconds is given back. Jobs left behind by a killed worker are taken again.
        """
        async with self._app.open_async():
            self._is_working = True
            looking = asyncio.create_task(self._look_after())
            working = asyncio.create_task(
                self._app.run_worker_async(
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    name=f"springtide-{self.context}",
                    delete_jobs="successful",
                    # No LISTEN: it needs a connection of its own, and does not work behind a pooler of transactions.
                    listen_notify=False,
                    fetch_job_polling_interval=_POLLED_EVERY_S,
                    update_heartbeat_interval=2.0,
                    stalled_worker_timeout=_STALLED_AFTER_S,
                    shutdown_graceful_timeout=_FINISHED_WITHIN_S,
                )
            )
            try:
                await asyncio.wait({looking, working}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._is_working = False
                looking.cancel()
                working.cancel()  # the worker's word for "finish"
                await patiently(working, within_s=_FINISHED_WITHIN_S + _ABORTED_WITHIN_S)
                await stopped([looking])
            for task in (looking, working):
                if not task.cancelled():
                    task.result()  # raises what it failed with

    async def _look_after(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._retry_stalled())
            tasks.create_task(self._forget_ended())

    async def _retry_stalled(self) -> None:
        while True:
            for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER_S):
                log.warning("jobs.taken_again", context=self.context, job=job.id, task=job.task_name)
                await self._app.job_manager.retry_job(job)
            await asyncio.sleep(_STALLED_AFTER_S / 2)

    async def _forget_ended(self) -> None:
        """Jobs that succeeded go at once; those that failed for good are kept 30 days for who looks into them."""
        while True:
            await self._app.job_manager.delete_old_jobs(
                nb_hours=_ENDED_KEPT_H, include_failed=True, include_cancelled=True, include_aborted=True
            )
            await asyncio.sleep(_TIDIED_EVERY_S)
