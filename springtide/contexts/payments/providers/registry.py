"""Makes providers from settings, and says which gateways serve a method in a market."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from springtide.contexts.payments.domain.methods import METHODS
from springtide.contexts.payments.domain.routing import Offer, takes
from springtide.contexts.payments.providers.invoice import InvoiceProvider
from springtide.contexts.payments.providers.mollie import MollieProvider, MollieSettings
from springtide.contexts.payments.providers.port import Capability, DecidesHere, MethodFacts, Provider
from springtide.contexts.payments.providers.sandbox import SandboxProvider, SandboxSettings
from springtide.contexts.payments.providers.stripe import StripeProvider, StripeSettings


class GatewayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """One gateway account of the settings; `markets`: market -> methods it serves there, in the order to show them.

    The rest says how attempts are shared out; the settings explain and check each.
    """

    name: str
    provider: str
    url: str = ""
    api_key: str = ""
    webhook_secret: str = ""
    markets: dict[str, tuple[str, ...]] = {}
    weight: int = 100
    min_minor: int = 0
    max_minor: int | None = None
    max_per_s: float = 0.0
    max_in_flight: int = 0
    breaker: Literal["on", "dry_run", "off"] = "on"
    slow_s: float = 4.0

    def offer(self, method: str) -> Offer:
        """Return what the gateway offers for a method; the method's own smallest amount counts too."""
        words = METHODS.get(method)
        return Offer(
            gateway=self.name,
            weight=self.weight,
            min_minor=max(self.min_minor, words.min_minor if words else 0),
            max_minor=self.max_minor,
        )


class Registry:
    """All gateways by name, in the order of the settings. `deciding`: those that ask nobody."""

    def __init__(self, gateways: Iterable[GatewayOptions], providers: Mapping[str, Provider]) -> None:
        self.gateways = {gateway.name: gateway for gateway in gateways}
        self.providers = dict(providers)
        self.deciding = {name: one for name, one in self.providers.items() if isinstance(one, DecidesHere)}
        self._offers: dict[tuple[str, str], list[Offer]] = {}
        for gateway in self.gateways.values():
            _check_methods(gateway, self.providers[gateway.name])
            for market, methods in gateway.markets.items():
                for method in methods:
                    self._offers.setdefault((market, method), []).append(gateway.offer(method))

    @classmethod
    def from_settings(cls, gateways: Iterable[object]) -> "Registry":
        """Build the providers; ValueError names a provider or method that does not exist."""
        options = [msgspec.convert(gateway, GatewayOptions, from_attributes=True) for gateway in gateways]
        return cls(options, {gateway.name: _provider(gateway) for gateway in options})

    def methods(self, market: str) -> dict[str, tuple[str, ...]]:
        """Return the methods of a market with the gateways that serve each."""
        found: dict[str, tuple[str, ...]] = {}
        for gateway in self.gateways.values():
            for method in gateway.markets.get(market, ()):
                found[method] = (*found.get(method, ()), gateway.name)
        return found

    def offers(self, market: str, method: str, amount_minor: int | None) -> Sequence[Offer]:
        """Return what gateways offer for a method in a market, and for an amount when it is given."""
        offers = self._offers.get((market, method), ())
        if amount_minor is None:
            return offers
        return [offer for offer in offers if takes(offer, amount_minor)]

    def facts(self, gateway: str, method: str) -> MethodFacts:
        """Return how a method works at a gateway."""
        return self.providers[gateway].methods[method]

    def has(self, gateway: str, capability: Capability) -> bool:
        """Tell whether a gateway declares a capability."""
        return capability in self.providers[gateway].capabilities

    async def close(self) -> None:
        """Let go of all connections."""
        for provider in self.providers.values():
            await provider.close()


def _provider(gateway: GatewayOptions) -> Provider:
    if gateway.provider == "sandbox":
        return SandboxProvider(
            SandboxSettings(
                name=gateway.name,
                base_url=gateway.url,
                api_key=gateway.api_key,
                webhook_secret=gateway.webhook_secret,
            )
        )
    if gateway.provider == "stripe":
        settings = StripeSettings(name=gateway.name, secret_key=gateway.api_key, webhook_secret=gateway.webhook_secret)
        return StripeProvider(msgspec.structs.replace(settings, base_url=gateway.url) if gateway.url else settings)
    if gateway.provider == "mollie":
        mollie = MollieSettings(name=gateway.name, api_key=gateway.api_key, webhook_secret=gateway.webhook_secret)
        return MollieProvider(msgspec.structs.replace(mollie, base_url=gateway.url) if gateway.url else mollie)
    if gateway.provider == "invoice":
        return InvoiceProvider(gateway.name)
    msg = f"gateway {gateway.name}: there is no provider {gateway.provider}"
    raise ValueError(msg)


def _check_methods(gateway: GatewayOptions, provider: Provider) -> None:
    wanted = {method for methods in gateway.markets.values() for method in methods}
    unknown = sorted(wanted - set(provider.methods))
    if unknown:
        msg = f"gateway {gateway.name}: {gateway.provider} has no method {', '.join(unknown)}"
        raise ValueError(msg)
