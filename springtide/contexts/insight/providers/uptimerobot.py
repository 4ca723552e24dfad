"""UptimeRobot, API v2: `getMonitors` with the uptime of 30 days and the response time. A read-only key will do."""

from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

import msgspec

from springtide.contexts.insight.providers.port import MOST_MONITORS, Reading, WatcherProblem
from springtide.platform.http_client import HttpClient, OutboundError

_DEADLINE_S = 15.0
_STATES = {0: "paused", 1: "unknown", 2: "up", 8: "down", 9: "down"}


class _Monitor(msgspec.Struct, frozen=True):
    id: int
    friendly_name: str
    status: int
    custom_uptime_ratio: str = ""
    average_response_time: str | float | None = None


class _Problem(msgspec.Struct, frozen=True):
    type: str = ""
    message: str = ""


class _Answer(msgspec.Struct, frozen=True):
    stat: str
    monitors: tuple[_Monitor, ...] = ()
    error: _Problem = _Problem()


class UptimeRobot:
    """One account."""

    name = "uptimerobot"

    def __init__(self, *, key: str, url: str) -> None:
        self._key = key
        self._http = HttpClient(base_url=url, deadline_s=_DEADLINE_S)

    async def read(self, now: datetime) -> tuple[Reading, ...]:
        """Return the account's first monitors; `WatcherProblem`."""
        del now  # it is asked for days, not for dates
        form = {
            "api_key": self._key,
            "format": "json",
            "custom_uptime_ratios": "30",
            "response_times": "1",
            "response_times_limit": "1",
            "limit": str(MOST_MONITORS),
        }
        try:
            answer = await self._http.request(
                "POST",
                "/v2/getMonitors",
                headers={"content-type": "application/x-www-form-urlencoded", "cache-control": "no-cache"},
                content=urlencode(form).encode(),
            )
        except OutboundError as error:
            msg = f"UptimeRobot does not answer ({type(error).__name__})."
            raise WatcherProblem(msg) from error
        if not answer.is_success:
            msg = f"UptimeRobot answered {answer.status}."
            raise WatcherProblem(msg)
        try:
            found = msgspec.json.decode(answer.body, type=_Answer)
        except msgspec.DecodeError as error:
            msg = "UptimeRobot sent something else than monitors."
            raise WatcherProblem(msg) from error
        if found.stat != "ok":
            msg = f"UptimeRobot refuses: {found.error.message or found.error.type}"
            raise WatcherProblem(msg)
        return tuple(_reading(monitor) for monitor in found.monitors)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()


def _reading(monitor: _Monitor) -> Reading:
    ratio = monitor.custom_uptime_ratio.partition("-")[0]
    response = monitor.average_response_time
    return Reading(
        id=str(monitor.id),
        name=monitor.friendly_name[:100],
        state=_STATES.get(monitor.status, "unknown"),
        up_30d=Decimal(ratio) if ratio else None,
        response_ms=round(float(response)) if response not in {None, ""} else None,
    )
