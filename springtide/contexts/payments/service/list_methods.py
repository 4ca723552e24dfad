"""The ways to pay of a market."""

from springtide.contexts.payments.domain.methods import METHODS, MethodWords
from springtide.contexts.payments.providers.registry import Registry
from springtide.contracts.payments.api import PaymentMethod, PaymentMethodUnknown


def list_methods(registry: Registry, market: str, amount_minor: int | None) -> tuple[PaymentMethod, ...]:
    """Return the methods of a market, for an amount when it is given, in the order of the settings."""
    offered = (_method(registry, market, key, gateways) for key, gateways in registry.methods(market).items())
    return tuple(method for method in offered if amount_minor is None or _fits(method, amount_minor))


def gateways_for(registry: Registry, market: str, method: str, amount_minor: int) -> tuple[str, ...]:
    """Return the gateways to ask, in order; `PaymentMethodUnknown`."""
    for offered in list_methods(registry, market, amount_minor):
        if offered.key == method:
            return registry.methods(market)[method]
    msg = "This way to pay is not offered here."
    raise PaymentMethodUnknown(msg, method=method, market=market)


def _method(registry: Registry, market: str, key: str, gateways: tuple[str, ...]) -> PaymentMethod:
    facts = registry.facts(gateways[0], key)
    texts = METHODS.get(key) or MethodWords(names={"en": key})
    return PaymentMethod(
        key=key,
        names=texts.names,
        market=market,
        kind=key,
        awaits_buyer_s=None if facts.flow == "immediate" else facts.expires_after_s,
        min_minor=texts.min_minor,
    )


def _fits(method: PaymentMethod, amount_minor: int) -> bool:
    return method.min_minor <= amount_minor and (method.max_minor is None or amount_minor <= method.max_minor)
