"""How orders is built."""

from pathlib import Path

from springtide.contexts.orders.jobs import erase_due
from springtide.contexts.orders.service import OrdersService
from springtide.contexts.orders.service.order_mail import MailLane
from springtide.contexts.orders.store import STATEMENTS
from springtide.contexts.orders.subscribers import Subscribers
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.mail import Mailer
from springtide.platform.partitions import Partitioned
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Loop, Needs

_ERASED_EVERY_S = 60.0
_MAILED_EVERY_S = 0.5


def build(needs: Needs) -> Built:
    """Build the context."""
    service = OrdersService(needs)
    mailer = Mailer(needs.options["mail"], needs.data_dir / "mail")
    mails = MailLane(needs.db, mailer, secret_key=needs.secret_key, shop_url=needs.public_url)
    return Built(
        api=service,
        subscriptions=Subscribers(needs.db, service.sellers).all(),
        loops=[
            Loop(name="erase_due", every_s=_ERASED_EVERY_S, work=lambda: erase_due(needs.db)),
            Loop(name="send_mails", every_s=_MAILED_EVERY_S, work=mails.send_due, with_jobs=True),
        ],
    )


SPEC = ContextSpec(
    contract=Contract("orders", OrdersApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    has_jobs=True,
    has_lane=True,
    partitioned=(
        Partitioned(table="orders"),
        Partitioned(table="order_lines", key="order_id"),
        Partitioned(table="shipping_rows", key="order_id"),
        Partitioned(table="timeline", key="order_id"),
    ),
)
