"""Both engines together: what `springtide up` and the tests enter and leave.

    folder = open_data_folder(say=print)
    async with running_engines(folder, say=print) as engines:
        ...  # engines.database_url, engines.nats_url, engines.secret_key

Leaving the block stops both. Inside it they are kept alive; if one cannot be, the block is cancelled and the
EngineProblem comes out of it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from springtide.platform.embedded import nats as nats_engine
from springtide.platform.embedded import postgres as postgres_engine
from springtide.platform.embedded.folders import DataFolder, locked, stamp_version
from springtide.platform.embedded.launch import POLITE, end_recorded, recorded_pid
from springtide.platform.embedded.nats import Nats, nats_url
from springtide.platform.embedded.port_book import PortBook, read_ports
from springtide.platform.embedded.postgres import Postgres, postgres_url
from springtide.platform.embedded.secrets import load_secrets
from springtide.platform.embedded.supervisor import Supervisor

_ENGINES = (postgres_engine.NAME, nats_engine.NAME)


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the running engines are.

    `database_url` is the superuser's, of the shop's own database, which exists. `nats_url` carries the one user.
    `secret_key` signs sessions and is the same at every start of the folder.
    """

    database_url: str
    nats_url: str
    secret_key: str


@asynccontextmanager
async def held(
    folder: DataFolder, *, say: Callable[[str], None], precheck: Callable[[], None] | None = None
) -> AsyncIterator[None]:
    """Hold the folder for one run: no other run is there, and no process of a killed one is left on any port.

    `precheck` runs then, before anything starts: the place to ask for free ports. Raises EngineProblem. The engines'
    own leftovers are ended when the engines start, each in its own way.
    """
    async with locked(folder):
        leftovers = [path for path in sorted(folder.run.glob("*.json")) if path.stem not in _ENGINES]
        await asyncio.gather(*(end_recorded(path, path.stem, POLITE, say) for path in leftovers))
        if precheck is not None:
            precheck()
        yield


@asynccontextmanager
async def running_engines(
    folder: DataFolder,
    *,
    say: Callable[[str], None],
    durable: bool = True,
    precheck: Callable[[], None] | None = None,
    tuning: Mapping[str, str] | None = None,
) -> AsyncIterator[Engines]:
    """Start PostgreSQL and NATS in the folder, keep them alive, stop them at the end. Raises EngineProblem.

    `durable=False` is for tests: no fsync. The engines end with the thread that enters, so let that be a lasting one.
    `precheck`: see `held`. `tuning`: settings of PostgreSQL that go before ours.
    """
    async with held(folder, say=say, precheck=precheck):
        secrets = load_secrets(folder)
        ports = PortBook(folder)
        postgres = Postgres(folder, ports, password=secrets.postgres_password, durable=durable, say=say, tuning=tuning)
        nats = Nats(folder, ports, password=secrets.nats_password, durable=durable, say=say)
        children = (postgres.child(), nats.child())
        async with Supervisor(children, logs=folder.logs, run=folder.run, say=say) as supervisor:
            ports.promise()
            await postgres.create_database()
            stamp_version(folder)
            with _cancelled_by_problem(supervisor):
                yield Engines(postgres.url(), nats.url(), secrets.secret_key)


def engines_of_running_shop(folder: DataFolder) -> Engines | None:
    """Return the engines that another process is running in this folder, or None when none are.

    For the commands beside `springtide up` (`staff add`, `check`): they use its engines instead of their own.
    """
    if any(recorded_pid(folder.run / f"{name}.json") is None for name in _ENGINES):
        return None
    ports, secrets = read_ports(folder), load_secrets(folder)
    return Engines(
        postgres_url(ports[postgres_engine.NAME], secrets.postgres_password),
        nats_url(ports[nats_engine.NAME], secrets.nats_password),
        secrets.secret_key,
    )


@asynccontextmanager
async def shared_or_running_engines(folder: DataFolder, *, say: Callable[[str], None]) -> AsyncIterator[Engines]:
    """Use the engines of a running shop, else start them for the length of the block. Raises EngineProblem."""
    engines = engines_of_running_shop(folder)
    if engines is not None:
        yield engines
        return
    async with running_engines(folder, say=say) as started:
        yield started


@contextmanager
def _cancelled_by_problem(supervisor: Supervisor) -> Iterator[None]:
    """Cancel the task inside the block when a child cannot be kept alive, and raise the problem in its place."""
    owner = asyncio.current_task()
    problems: list[BaseException] = []

    def give_up(watch: "asyncio.Task[None]") -> None:
        if watch.cancelled():
            return
        error = watch.exception()
        if error is not None and owner is not None:
            problems.append(error)
            owner.cancel()

    watch = asyncio.create_task(supervisor.wait(), name="engines")
    watch.add_done_callback(give_up)
    try:
        yield
    except asyncio.CancelledError:
        if owner is not None and problems:
            owner.uncancel()
            raise problems[0] from None
        raise
    finally:
        watch.cancel()
