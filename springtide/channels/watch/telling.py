"""Brings news to people: by mail, and to a webhook that is signed.

A webhook is POSTed as JSON with `Springtide-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, and has an
`id` that is the same when it has to be sent again.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Protocol

import msgspec

from springtide.channels.watch.states import News
from springtide.platform.errors import Unavailable
from springtide.platform.http_client import HttpClient, OutboundError
from springtide.platform.mail import Mail, Mailer
from springtide.platform.telemetry import logger

_DEADLINE_S = 5.0

log = logger(__name__)


class NotTold(Unavailable):
    """Somebody could not be told; it is tried again at the next turn."""

    code = "alert_not_told"


class Teller(Protocol):
    """A way to tell somebody. `name` stays the same over restarts: it is noted who has heard what."""

    name: str

    async def tell(self, news: News) -> None:
        """Tell it; `NotTold`."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook."""

    id: str
    state: str
    name: str
    subject: str
    level: str
    text: str
    since: datetime
    runbook: str


def told_of(news: News, runbook_url: str) -> Told:
    """Return news as they are told."""
    state = "resolved" if news.is_over else "firing"
    seed = f"{news.key}:{news.since_s:.0f}:{news.alert.level}:{state}"
    return Told(
        id=hashlib.sha256(seed.encode()).hexdigest()[:32],
        state=state,
        name=news.alert.name,
        subject=news.alert.subject,
        level=str(news.alert.level),
        text=news.alert.text,
        since=datetime.fromtimestamp(int(news.since_s), tz=UTC),
        runbook=f"{runbook_url.rstrip('/')}/{news.alert.name}.md",
    )


def signature(body: bytes, *, secret: str, at_s: int) -> str:
    """Return the signature of a webhook."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


class ByWebhook:
    """Tells an address."""

    name = "webhook"

    def __init__(self, url: str, *, secret: str, runbook_url: str) -> None:
        self._http = HttpClient(base_url=url, deadline_s=_DEADLINE_S)
        self._secret = secret
        self._runbook_url = runbook_url

    async def tell(self, news: News) -> None:
        """Tell it; anything but a 2xx is tried again."""
        body = msgspec.json.encode(told_of(news, self._runbook_url))
        headers = {"content-type": "application/json", "springtide-signature": self._signed(body)}
        try:
            answer = await self._http.request("POST", "", headers=headers, content=body)
        except OutboundError as error:
            raise NotTold(type(error).__name__) from error
        if not answer.is_success:
            msg = f"the address answered {answer.status}"
            raise NotTold(msg)

    def _signed(self, body: bytes) -> str:
        return signature(body, secret=self._secret, at_s=int(time.time()))

    async def close(self) -> None:
        """Close connections."""
        await self._http.close()


class ByMail:
    """Tells a person or a list."""

    name = "mail"

    def __init__(self, mailer: Mailer, *, to: str, runbook_url: str) -> None:
        self._mailer = mailer
        self._to = to
        self._runbook_url = runbook_url

    async def tell(self, news: News) -> None:
        """Tell it; a server that does not take the mail is asked again."""
        await self._mailer.send(mail_of(told_of(news, self._runbook_url), to=self._to))

    async def close(self) -> None:
        """Nothing is kept open."""


def mail_of(told: Told, *, to: str) -> Mail:
    """Return news as a mail."""
    about = f"{told.name} {told.subject}".strip()
    over = told.state == "resolved"
    subject = f"[{'over' if over else told.level}] {about}"
    lines = {
        "What": told.text if not over else f"Over: {told.text}",
        "Since": f"{told.since:%Y-%m-%d %H:%M:%S} UTC",
        "What to do": told.runbook,
    }
    return Mail(
        to=to,
        subject=subject,
        text="\n".join(f"{name}: {value}" for name, value in lines.items()) + "\n",
        html=_table(lines),
        language="en",
        cause=f"alert-{told.id}",
    )


def _table(lines: Mapping[str, str]) -> str:
    rows = "".join(f"<tr><th align=left>{escape(name)}<td>{escape(value)}" for name, value in lines.items())
    return f"<table>{rows}</table>"


async def tell_all(teller: Teller, news: list[News]) -> list[News]:
    """Tell one after the other; return what was told. The first that fails ends the turn."""
    done: list[News] = []
    for each in news:
        try:
            await teller.tell(each)
        except (NotTold, Unavailable, ValueError) as error:
            log.warning("watch.not_told", by=teller.name, alert=each.key, error=repr(error))
            break
        done.append(each)
    return done
