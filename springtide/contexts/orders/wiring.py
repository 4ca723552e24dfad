"""How orders is built."""

from pathlib import Path

from springtide.contexts.orders.jobs import MailJob, erase_due
from springtide.contexts.orders.service import OrdersService
from springtide.contexts.orders.store import STATEMENTS
from springtide.contexts.orders.subscribers import Subscribers
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.mail import Mailer
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Loop, Needs

_ERASED_EVERY_S = 60.0


def build(needs: Needs) -> Built:
    """Build the context."""
    service = OrdersService(needs)
    mailer = Mailer(needs.options["mail"], needs.data_dir / "mail")
    mails = MailJob(needs.db, mailer, secret_key=needs.secret_key, shop_url=needs.public_url)
    return Built(
        api=service,
        subscriptions=Subscribers(needs.db, service.sellers, needs.defer).all(),
        loops=[Loop(name="erase_due", every_s=_ERASED_EVERY_S, work=lambda: erase_due(needs.db))],
        jobs={"send_mail": mails.send_mail},
    )


SPEC = ContextSpec(
    contract=Contract("orders", OrdersApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    has_jobs=True,
)
