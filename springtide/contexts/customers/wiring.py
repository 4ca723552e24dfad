"""How customers is built."""

from pathlib import Path

from springtide.contexts.customers.jobs import MailJobs, drop_expired
from springtide.contexts.customers.service import CustomersService
from springtide.contexts.customers.store import STATEMENTS
from springtide.contracts.customers.api import CustomersApi
from springtide.platform.mail import Mailer
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Loop, Needs

_TIDIED_EVERY_S = 600.0


def build(needs: Needs) -> Built:
    """Build the context."""
    mailer = Mailer(needs.options["mail"], needs.data_dir / "mail")
    mails = MailJobs(needs.db, mailer, shop_url=needs.public_url)
    return Built(
        api=CustomersService(needs),
        jobs={"send_welcome": mails.send_welcome, "send_taken": mails.send_taken, "send_reset": mails.send_reset},
        loops=[Loop(name="drop_expired", every_s=_TIDIED_EVERY_S, work=lambda: drop_expired(needs.db))],
    )


SPEC = ContextSpec(
    contract=Contract("customers", CustomersApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    has_jobs=True,
    has_worker=True,
)
