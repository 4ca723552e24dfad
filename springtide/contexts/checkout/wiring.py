"""How checkout is built."""

from functools import partial
from pathlib import Path

from springtide.contexts.checkout.jobs import BuyerMail, forget_abandoned
from springtide.contexts.checkout.service import CheckoutService
from springtide.contexts.checkout.service.tools import TELL_BUYER, Tools
from springtide.contexts.checkout.store import STATEMENTS
from springtide.contexts.checkout.subscribers import subscriptions
from springtide.contracts.checkout.api import CheckoutApi
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.payments.api import PaymentsApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.mail import Mailer
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Loop, Needs

_RECOVER_EVERY_S = 0.5
_FORGET_EVERY_S = 300.0


def build(needs: Needs) -> Built:
    """Build the service, its recovery loop and its subscriptions."""
    tools = Tools(
        db=needs.db,
        pricing=needs.ask(PricingApi),
        inventory=needs.ask(InventoryApi),
        payments=needs.ask(PaymentsApi),
        orders=needs.ask(OrdersApi),
        secret_key=needs.secret_key,
        defer=needs.defer,
    )
    service = CheckoutService(tools)
    mailer = Mailer(needs.options["mail"], needs.data_dir / "mail")
    return Built(
        api=service,
        subscriptions=subscriptions(service),
        loops=(
            Loop(name="recover_completions", every_s=_RECOVER_EVERY_S, work=service.driver.recover),
            Loop(name="forget_abandoned", every_s=_FORGET_EVERY_S, work=partial(forget_abandoned, needs.db)),
        ),
        jobs={TELL_BUYER: BuyerMail(needs.db, mailer).tell_buyer},
        close=service.driver.close,
    )


SPEC = ContextSpec(
    contract=Contract("checkout", CheckoutApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    has_jobs=True,
    has_worker=True,
    has_lane=True,
)
