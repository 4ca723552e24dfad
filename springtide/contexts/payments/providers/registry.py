"""Makes providers from settings, and says which gateways serve a method in a market."""

from collections.abc import Iterable, Mapping

import msgspec

from springtide.contexts.payments.providers.invoice import InvoiceProvider
from springtide.contexts.payments.providers.port import Capability, MethodFacts, Provider
from springtide.contexts.payments.providers.sandbox import SandboxProvider, SandboxSettings
from springtide.contexts.payments.providers.stripe import StripeProvider, StripeSettings


class GatewayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """One gateway account of the settings; `markets`: market -> methods it serves there, in the order to show them."""

    name: str
    provider: str
    url: str = ""
    api_key: str = ""
    webhook_secret: str = ""
    markets: Mapping[str, tuple[str, ...]] = {}


class Registry:
    """All gateways by name. The order of the settings is the order in which gateways are asked."""

    def __init__(self, gateways: Iterable[GatewayOptions], providers: Mapping[str, Provider]) -> None:
        self._gateways = tuple(gateways)
        self.providers = dict(providers)
        for gateway in self._gateways:
            _check_methods(gateway, self.providers[gateway.name])

    @classmethod
    def from_settings(cls, gateways: Iterable[object]) -> "Registry":
        """Build the providers; ValueError names a provider or method that does not exist."""
        options = [msgspec.convert(gateway, GatewayOptions, from_attributes=True) for gateway in gateways]
        return cls(options, {gateway.name: _provider(gateway) for gateway in options})

    def methods(self, market: str) -> dict[str, tuple[str, ...]]:
        """Return the methods of a market with the gateways that serve each."""
        found: dict[str, tuple[str, ...]] = {}
        for gateway in self._gateways:
            for method in gateway.markets.get(market, ()):
                found[method] = (*found.get(method, ()), gateway.name)
        return found

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
