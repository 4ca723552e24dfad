"""Outgoing mail: by SMTP, or as .eml files in the data folder where no server is set. The only importer of aiosmtplib.

A mail is sent outside any transaction. Its Message-ID comes from what caused it, so a mail that is sent again after a
crash is the same mail to every server that drops repeats, and the same file in the folder.
"""

import asyncio
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from springtide.platform.db import transaction_is_open
from springtide.platform.errors import Unavailable

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


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person, as plain text and as HTML. `cause`: what it is sent for, unique, safe in a file name."""

    to: str
    subject: str
    text: str
    html: str
    language: str
    cause: str


class Mailer:
    """Sends mails; `folder` is where they lie when there is no server."""

    def __init__(self, settings: MailSettings, folder: Path) -> None:
        self._smtp_url = settings.smtp_url
        self._sender = settings.sender
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        """Send one mail; `MailNotSent` when the server does not take it. Never inside a transaction."""
        if transaction_is_open():
            msg = "a mail was to be sent while a transaction is open"
            raise RuntimeError(msg)
        message = self._message(mail)
        if not self._smtp_url:
            await asyncio.to_thread(_write, self._folder, f"{mail.cause}.eml", message.as_bytes())
            return
        parts = urlsplit(self._smtp_url)
        try:
            await aiosmtplib.send(
                message,
                hostname=parts.hostname,
                port=parts.port,
                username=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
                use_tls=parts.scheme == "smtps",
                timeout=_TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            msg = f"The mail server said: {type(error).__name__}."
            raise MailNotSent(msg, retry_after_s=30) from error

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP if mail.to.isascii() else SMTPUTF8)
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = f"<{mail.cause}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        # After the parts are made: headers named Content-… set before would move into the first part.
        message["Content-Language"] = mail.language
        return message


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write whole or not at all: readers poll the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}"
    unfinished.write_bytes(content)
    unfinished.replace(folder / name)
