"""The sandbox gateway as the drill sees it: told to misbehave, and asked for its own ledger over its own API."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import msgspec

from springtide.platform.http_client import HttpClient, OutboundError

ACCOUNTS = ("shop", "spare")
"""Merchant accounts, each a gateway of its own to the shop: the second is asked when the first is out of order."""
_PAGE = 500
_JSON = {"content-type": "application/json"}


@dataclass(slots=True)
class Taken:
    """What the gateway did in one payment, in minor units. `reference`: the merchant's own, an attempt's id."""

    reference: str = ""
    authorised_minor: int = 0
    captured_minor: int = 0
    voided_minor: int = 0
    refunded_minor: int = 0

    @property
    def kept_minor(self) -> int:
        """Return what of the buyer's money is still taken or reserved."""
        return self.authorised_minor - self.voided_minor - self.refunded_minor


class GatewayDidNotAnswer(Exception):
    """The gateway is dead or out of order; whatever was asked may have to be asked again."""


@dataclass(frozen=True, slots=True)
class SandboxGateway:
    """Its control and its books."""

    client: HttpClient
    url: str
    api_keys: dict[str, str]

    async def misbehave(self, scenario: dict[str, Any], *, times: int) -> None:
        """Let the next payments meet a scenario. `GatewayDidNotAnswer`."""
        for account in ACCOUNTS:
            await self._tell("/admin/scenarios", {"account": account, "scenario": scenario, "times": times})

    async def set_outage(self, *, on: bool) -> None:
        """Answer every call of the first account with 503, or no longer. `GatewayDidNotAnswer`."""
        await self._tell("/admin/outage", {"account": ACCOUNTS[0], "on": on})

    async def advance_clock(self, seconds: float) -> None:
        """Move the gateway's own time ahead. `GatewayDidNotAnswer`."""
        await self._tell("/admin/clock", {"advance_s": seconds})

    async def ledger(self) -> dict[str, Taken]:
        """Return sums by the gateway's own names of payments, of all accounts. `GatewayDidNotAnswer`."""
        sums: dict[str, Taken] = defaultdict(Taken)
        for api_key in self.api_keys.values():
            await self._add_ledger(sums, api_key)
        return dict(sums)

    async def _add_ledger(self, sums: dict[str, Taken], api_key: str) -> None:
        after = 0
        while True:
            params = {"after": str(after), "limit": str(_PAGE)}
            page = await self._call("GET", "/v1/ledger", params=params, api_key=api_key)
            for entry in page["entries"]:
                taken, name = sums[entry["payment_id"]], f"{entry['kind']}_minor"
                taken.reference = entry["merchant_reference"]
                setattr(taken, name, getattr(taken, name) + int(entry["amount_minor"]))
            if not page["entries"]:
                return
            after = int(page["next_after"])

    async def _tell(self, path: str, body: dict[str, Any]) -> None:
        await self._call("POST", path, content=msgspec.json.encode(body))

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        content: bytes | None = None,
        api_key: str = "",
    ) -> dict[str, Any]:
        headers = {**_JSON, "authorization": f"Bearer {api_key}"} if api_key else _JSON
        try:
            answer = await self.client.request(method, self.url + path, headers=headers, params=params, content=content)
        except OutboundError as error:
            raise GatewayDidNotAnswer(str(error)) from error
        if not answer.is_success:
            msg = f"{path}: {answer.status} {answer.body[:200]!r}"
            raise GatewayDidNotAnswer(msg)
        return answer.json() if answer.body else {}
