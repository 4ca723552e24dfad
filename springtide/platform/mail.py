"""Outgoing mail: by SMTP, or as .eml files in the data folder where no server is set. The only importer of aiosmtplib.

A mail is sent outside any transaction. Its Message-ID comes from what caused it, so a mail that is sent again after a
crash is the same mail to every server that drops repeats, and the same file in the folder.
"""

import asyncio
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from springtide.platform.db import transaction_is_open
from springtide.platform.errors import Unavailable
from springtide.platform.mime import Mail, message

__all__ = ["Mail", "MailNotSent", "MailSettings", "Mailer"]

_TIMEOUT_S = 20.0


class MailNotSent(Unavailable):
    """The mail server did not take the mail; try again later."""

    code = "mail_not_sent"


class MailSettings(Protocol):
    """What is needed of the settings."""

    @property
    def smtp_url(self) -> str:
        """smtp://user:password@host:587 (STARTTLS where offered), smtps://… or "" for files."""

    @property
    def sender(self) -> str:
        """The address mails come from."""


class _Outgoing(msgspec.Struct, frozen=True):
    mail: Mail
    content: bytes


class Mailer:
    """Sends mails; `folder` is where they lie when there is no server."""

    def __init__(self, settings: MailSettings, folder: Path) -> None:
        self._smtp_url = settings.smtp_url
        self._sender = settings.sender
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        """Send one mail; `MailNotSent` when the server does not take it. Never inside a transaction."""
        (error,) = await self.send_many([mail])
        if error is not None:
            raise error

    async def send_many(self, mails: Sequence[Mail]) -> list[Exception | None]:
        """Send mails over one connection; return for each what went wrong, or None. Never inside a transaction.

        `MailNotSent`: try again later. ValueError: a header with a line break, a mail that nobody can send.
        """
        if transaction_is_open():
            msg = "a mail was to be sent while a transaction is open"
            raise RuntimeError(msg)
        outcomes: list[Exception | None] = [None] * len(mails)
        outgoing: dict[int, _Outgoing] = {}
        for place, mail in enumerate(mails):
            try:
                outgoing[place] = _Outgoing(mail, message(mail, sender=self._sender))
            except ValueError as error:
                outcomes[place] = error
        if outgoing:
            failed = await (self._by_smtp(outgoing) if self._smtp_url else self._as_files(outgoing))
            for place, failure in failed.items():
                outcomes[place] = failure
        return outcomes

    async def _as_files(self, outgoing: Mapping[int, _Outgoing]) -> dict[int, Exception]:
        files = {place: (f"{each.mail.cause}.eml", each.content) for place, each in outgoing.items()}
        return await asyncio.to_thread(_write, self._folder, files)

    async def _by_smtp(self, outgoing: Mapping[int, _Outgoing]) -> dict[int, Exception]:
        failed: dict[int, Exception] = {}
        try:
            async with self._server() as server:
                for place, each in outgoing.items():
                    try:
                        await self._hand_over(server, each)
                    except (aiosmtplib.SMTPException, OSError) as error:
                        failed[place] = _not_sent(error)
                    except ValueError as error:  # an address that nobody can be reached at
                        failed[place] = error
        except (aiosmtplib.SMTPException, OSError) as error:
            return dict.fromkeys(outgoing, _not_sent(error))
        return failed

    async def _hand_over(self, server: aiosmtplib.SMTP, each: _Outgoing) -> None:
        options = () if each.mail.to.isascii() else ("SMTPUTF8",)
        await server.sendmail(parseaddr(self._sender)[1], [each.mail.to], each.content, mail_options=options)

    def _server(self) -> aiosmtplib.SMTP:
        parts = urlsplit(self._smtp_url)
        return aiosmtplib.SMTP(
            hostname=parts.hostname,
            port=parts.port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            timeout=_TIMEOUT_S,
        )


def _not_sent(error: Exception) -> MailNotSent:
    msg = f"The mail server said: {type(error).__name__}."
    failure = MailNotSent(msg, retry_after_s=30)
    failure.__cause__ = error
    return failure


def _write(folder: Path, files: Mapping[int, tuple[str, bytes]]) -> dict[int, Exception]:
    """Write each whole or not at all: readers poll the folder. Return those that could not be written."""
    failed: dict[int, Exception] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for place, (name, content) in files.items():
        unfinished = folder / f".{name}"
        try:
            unfinished.write_bytes(content)
            unfinished.replace(folder / name)
        except OSError as error:
            failed[place] = _not_sent(error)
    return failed
