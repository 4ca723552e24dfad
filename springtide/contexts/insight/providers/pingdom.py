"""Pingdom, API 3.1: the account's checks, and how long each was up within 30 days. A read-only token will do."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from springtide.contexts.insight.providers.port import MOST_MONITORS, Reading, WatcherProblem
from springtide.platform.http_client import HttpAnswer, HttpClient, OutboundError

_DEADLINE_S = 15.0
_DAYS = timedelta(days=30)
_STATES = {"up": "up", "down": "down", "unconfirmed_down": "down", "paused": "paused"}


class _Check(msgspec.Struct, frozen=True):
    id: int
    name: str
    status: str
    lastresponsetime: int | None = None


class _Checks(msgspec.Struct, frozen=True):
    checks: tuple[_Check, ...]


class _Status(msgspec.Struct, frozen=True):
    totalup: int
    totaldown: int
    totalunknown: int = 0


class _Summary(msgspec.Struct, frozen=True):
    status: _Status


class _Average(msgspec.Struct, frozen=True):
    summary: _Summary


class Pingdom:
    """One account."""

    name = "pingdom"

    def __init__(self, *, token: str, url: str) -> None:
        self._headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        self._http = HttpClient(base_url=url, deadline_s=_DEADLINE_S)

    async def read(self, now: datetime) -> tuple[Reading, ...]:
        """Return the account's first checks, one request for the list and one for each; `WatcherProblem`."""
        listed = await self._get("/api/3.1/checks", {"limit": str(MOST_MONITORS)})
        try:
            checks = msgspec.json.decode(listed.body, type=_Checks).checks
            return tuple([await self._reading(check, now - _DAYS) for check in checks[:MOST_MONITORS]])
        except msgspec.DecodeError as error:
            msg = "Pingdom sent something else than checks."
            raise WatcherProblem(msg) from error

    async def _reading(self, check: _Check, since: datetime) -> Reading:
        asked = {"from": str(int(since.timestamp())), "includeuptime": "true"}
        answer = await self._get(f"/api/3.1/summary.average/{check.id}", asked)
        status = msgspec.json.decode(answer.body, type=_Average).summary.status
        known = status.totalup + status.totaldown
        return Reading(
            id=str(check.id),
            name=check.name[:100],
            state=_STATES.get(check.status, "unknown"),
            up_30d=round(Decimal(100 * status.totalup) / known, 3) if known else None,
            response_ms=check.lastresponsetime,
        )

    async def _get(self, path: str, params: dict[str, str]) -> HttpAnswer:
        try:
            answer = await self._http.request("GET", path, headers=self._headers, params=params)
        except OutboundError as error:
            msg = f"Pingdom does not answer ({type(error).__name__})."
            raise WatcherProblem(msg) from error
        if not answer.is_success:
            msg = f"Pingdom answered {answer.status}."
            raise WatcherProblem(msg)
        return answer

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()
