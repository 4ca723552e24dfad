"""The watch: every ten seconds it gathers the facts, judges them and tells what is news.

On one machine one process watches: the first that locks `watch/lock` in the data folder. Where alerts stand, and who
has heard of them, lies in `watch/state.json` beside it, so that a restart repeats nothing. Two processes on two
machines both watch, and whoever is told twice sees it by the alert's name and time: switch one off (`watch.enabled`).
"""

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from datetime import time as time_of_day
from functools import partial
from pathlib import Path
from typing import IO, Protocol
from zoneinfo import ZoneInfo

import msgspec
from prometheus_client import Gauge

from springtide.channels.watch.expected import show
from springtide.channels.watch.facts import certificate_days_left, gather
from springtide.channels.watch.rules import Alert, judge
from springtide.channels.watch.states import Standing, is_within, moved, news_for, told
from springtide.channels.watch.telling import ByMail, ByWebhook, Teller, tell_all
from springtide.platform.bus import Bus
from springtide.platform.fleet_figures import FleetFigures
from springtide.platform.mail import Mailer, MailSettings
from springtide.platform.tasks import stopped
from springtide.platform.telemetry import REGISTRY, logger
from springtide.platform.vitals import EVERYBODY
from springtide.platform.wiring import Ask

EVERY_S = 10.0
_CERTIFICATE_EVERY_S = 3_600.0
FIRING = Gauge(
    "springtide_alert_firing", "Alerts of our own watch that fire", ["name", "subject", "level"], registry=REGISTRY
)

log = logger(__name__)


class WatchSettings(Protocol):
    """What is needed of the settings."""

    @property
    def mail_to(self) -> str:
        """Who gets alerts by mail; empty: nobody."""

    @property
    def webhook_url(self) -> str:
        """Where alerts are POSTed; empty: nowhere."""

    @property
    def webhook_secret(self) -> str:
        """What they are signed with."""

    @property
    def quiet(self) -> str:
        """Hours in which warnings wait, like "22:00-07:00"; empty: none."""

    @property
    def timezone(self) -> str:
        """The time zone of the quiet hours."""

    @property
    def runbook_url(self) -> str:
        """Where the pages of docs/runbook are read."""


class Watch:
    """Where alerts stand, and the turns that move them."""

    def __init__(self, settings: WatchSettings, tellers: Sequence[Teller], folder: Path) -> None:
        self._tellers = tellers
        self._quiet = quiet_hours(settings.quiet)
        self._zone = ZoneInfo(settings.timezone)
        self._file = folder / "state.json"
        self.stands: Mapping[str, Standing] = _read(self._file)

    async def turn(self, alerts: Iterable[Alert], *, now_s: float) -> None:
        """Move every alert, tell what is news, and write down who has heard what."""
        before = self.stands
        self.stands = moved(before, alerts, now_s=now_s)
        _note(before, self.stands)
        is_quiet = is_within(datetime.fromtimestamp(now_s, tz=self._zone).time(), self._quiet)
        for teller in self._tellers:
            for news in await tell_all(teller, news_for(teller.name, self.stands, is_quiet=is_quiet)):
                self.stands = told(self.stands, teller.name, news)
        if self.stands != before:
            await asyncio.to_thread(_write, self._file, self.stands)


def _note(before: Mapping[str, Standing], after: Mapping[str, Standing]) -> None:
    """Tell the log and the metrics what began and what is over, also when nobody is to be told."""
    FIRING.clear()
    for key, standing in after.items():
        if not standing.is_over and standing.fires:
            FIRING.labels(standing.alert.name, standing.alert.subject, standing.alert.level).set(1)
            if key not in before or not before[key].fires or before[key].is_over:
                log.warning("watch.fires", alert=key, level=standing.alert.level, text=standing.alert.text)
        elif standing.is_over and key in before and not before[key].is_over:
            log.warning("watch.over", alert=key)


def quiet_hours(text: str) -> tuple[time_of_day, time_of_day] | None:
    """Read "22:00-07:00"; ValueError when it is no such text."""
    if not text:
        return None
    begin, _, end = text.partition("-")
    return time_of_day.fromisoformat(begin), time_of_day.fromisoformat(end)


@asynccontextmanager
async def watching(
    ask: Ask, bus: Bus, settings: WatchSettings, mail: MailSettings, *, data_dir: Path, shop_url: str
) -> AsyncIterator[None]:
    """Watch while the block lasts, unless another process of this machine does."""
    tellers: list[Teller] = []
    if settings.mail_to:
        mailer = Mailer(mail, data_dir / "mail")
        tellers.append(ByMail(mailer, to=settings.mail_to, runbook_url=settings.runbook_url))
    if settings.webhook_url:
        url, secret = settings.webhook_url, settings.webhook_secret
        tellers.append(ByWebhook(url, secret=secret, runbook_url=settings.runbook_url))
    folder = data_dir / "watch"
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    watch = partial(Watch, settings, tellers, folder)
    task = asyncio.create_task(_watch(ask, bus, watch, folder / "lock", shop_url))
    try:
        yield
    finally:
        await stopped([task])
        for teller in tellers:
            await teller.close()


async def _watch(ask: Ask, bus: Bus, make: Callable[[], Watch], lock: Path, shop_url: str) -> None:
    with lock.open("w") as held:
        while not _locked(held):  # noqa: ASYNC110 - whoever has it watches; its end is told to nobody
            await asyncio.sleep(EVERY_S)
        watch, figures = make(), FleetFigures()
        async with bus.hearing(EVERYBODY, figures.hear):
            await _turns(ask, watch, figures, shop_url)


async def _turns(ask: Ask, watch: Watch, figures: FleetFigures, shop_url: str) -> None:
    days: float | None = None
    looked_at = -_CERTIFICATE_EVERY_S
    while True:
        if time.monotonic() - looked_at >= _CERTIFICATE_EVERY_S:
            days, looked_at = await certificate_days_left(shop_url), time.monotonic()
        try:
            facts = await gather(ask, figures, certificate_days=days)
            show(facts)
            await watch.turn(judge(facts), now_s=time.time())
        except Exception:
            log.exception("watch.failed")  # the watch outlives whatever it stumbles over
        await asyncio.sleep(EVERY_S)


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read(file: Path) -> dict[str, Standing]:
    """Return where alerts stood; nothing when the file is not there, or was cut short."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Standing])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        log.warning("watch.state_unreadable", error=str(error))
        return {}


def _write(file: Path, stands: Mapping[str, Standing]) -> None:
    unfinished = file.with_suffix(".new")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_bytes(msgspec.json.encode(stands))
    unfinished.replace(file)
