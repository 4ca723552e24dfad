"""The ways to pay of a market."""

from collections.abc import Sequence

from springtide.contexts.payments.domain.methods import METHODS, MethodWords
from springtide.contexts.payments.domain.routing import Offer
from springtide.contexts.payments.service.tools import Tools
from springtide.contracts.payments.api import PaymentMethod


def list_methods(tools: Tools, market: str, amount_minor: int | None) -> tuple[PaymentMethod, ...]:
    """Return the methods of a market, for an amount when it is given, in the order of the settings.

    A method whose gateways are all switched off or drained is not offered.
    """
    offered = ((key, tools.desk.offers(market, key, amount_minor)) for key in tools.registry.methods(market))
    return tuple(_method(tools, market, key, offers) for key, offers in offered if offers)


def _method(tools: Tools, market: str, key: str, offers: Sequence[Offer]) -> PaymentMethod:
    facts = tools.registry.facts(offers[0].gateway, key)
    texts = METHODS.get(key) or MethodWords(names={"en": key})
    most = [offer.max_minor for offer in offers]
    return PaymentMethod(
        key=key,
        names=texts.names,
        market=market,
        kind=key,
        awaits_buyer_s=None if facts.flow == "immediate" else facts.expires_after_s,
        min_minor=min(offer.min_minor for offer in offers),
        max_minor=None if None in most else max(one for one in most if one is not None),
    )
