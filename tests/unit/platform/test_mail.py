"""Mail by SMTP to a server of our own, and as files where there is none."""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import policy
from pathlib import Path

import msgspec
import pytest

from springtide.platform.mail import Mail, Mailer, MailNotSent
from springtide.platform.mime import message


class MailSettings(msgspec.Struct, frozen=True):
    smtp_url: str = ""
    sender: str = "shop@springtide.example"


MAIL = Mail(
    to="ann@example.com",
    subject="Välkommen: order 1",
    text="Hej Ann\n\nfrån butiken\n",
    html="<p>Hej Ann</p>",
    language="sv",
    cause="order-received-1",
)


@asynccontextmanager
async def smtp_server(*, refuses: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A mail server that takes (or refuses) what it is sent, and its URL."""
    taken: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                taken.append(await reader.readuntil(b"\r\n.\r\n"))
            if verb == b"RCPT" and (refuses or b"nobody" in line):
                writer.write(b"550 nobody here\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 fine\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", taken


async def test_without_a_server_a_mail_is_a_file_and_a_repeat_the_same_one(tmp_path: Path) -> None:
    mailer = Mailer(MailSettings(), tmp_path / "mail")
    for _ in range(2):
        await mailer.send(MAIL)
    (path,) = (tmp_path / "mail").iterdir()
    message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (message["To"], message["Subject"]) == (MAIL.to, MAIL.subject)
    assert message["Message-ID"] == "<order-received-1@springtide.example>"
    assert message["Content-Language"] == "sv"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


async def test_by_smtp(tmp_path: Path) -> None:
    async with smtp_server() as (url, taken):
        await Mailer(MailSettings(smtp_url=url), tmp_path / "mail").send(MAIL)
    message = email.message_from_bytes(taken[0], policy=policy.default)
    assert message["Subject"] == MAIL.subject
    assert not (tmp_path / "mail").exists()


async def test_a_server_that_refuses_or_is_away_is_tried_again_later(tmp_path: Path) -> None:
    async with smtp_server(refuses=True) as (url, taken):
        with pytest.raises(MailNotSent):
            await Mailer(MailSettings(smtp_url=url), tmp_path / "mail").send(MAIL)
    assert taken == []
    with pytest.raises(MailNotSent):
        await Mailer(MailSettings(smtp_url=url), tmp_path / "mail").send(MAIL)


async def test_nobody_adds_a_header_by_a_line_break(tmp_path: Path) -> None:
    mail = msgspec.structs.replace(MAIL, subject="Hello\r\nBcc: everybody@example.com")
    with pytest.raises(ValueError, match=r"linefeed|newline"):
        await Mailer(MailSettings(), tmp_path / "mail").send(mail)
    assert not (tmp_path / "mail").exists()


async def test_one_that_fails_among_several_keeps_no_other_back(tmp_path: Path) -> None:
    several = [
        msgspec.structs.replace(MAIL, cause="first"),
        msgspec.structs.replace(MAIL, cause="bad", subject="Hello\nBcc: everybody@example.com"),
        msgspec.structs.replace(MAIL, cause="refused", to="nobody@example.com"),
        msgspec.structs.replace(MAIL, cause="last"),
    ]
    async with smtp_server() as (url, taken):
        by_smtp = await Mailer(MailSettings(smtp_url=url), tmp_path / "mail").send_many(several)
    assert [type(outcome) for outcome in by_smtp] == [type(None), ValueError, MailNotSent, type(None)]
    assert [email.message_from_bytes(content)["Message-ID"] for content in taken] == [
        "<first@springtide.example>",
        "<last@springtide.example>",
    ]
    (tmp_path / "mail" / "refused.eml").mkdir(parents=True)
    as_files = await Mailer(MailSettings(), tmp_path / "mail").send_many(several)
    assert [type(outcome) for outcome in as_files] == [type(None), ValueError, MailNotSent, type(None)]
    assert {path.name for path in (tmp_path / "mail").glob("[!.]*.eml") if path.is_file()} == {"first.eml", "last.eml"}


@pytest.mark.parametrize("words", ["Hello", "Ett mycket långt ämne " * 9, "日本"])
def test_a_mail_reads_as_it_was_written(words: str) -> None:
    text = f"{words}\n.\n  two spaces  \n{'x' * 300}\nhttps://shop.example/?a=b\n"
    mail = msgspec.structs.replace(MAIL, subject=words, text=text, html=f"<p>{words}</p>\n" * 40)
    content = message(mail, sender="Büro <shop@springtide.example>")
    read = email.message_from_bytes(content, policy=policy.default)
    parts = [part.get_content().replace("\r\n", "\n") for part in read.iter_parts()]
    assert (read["Subject"].strip(), read["From"]) == (words.strip(), "Büro <shop@springtide.example>")
    assert parts == [mail.text, mail.html]
    assert read["Message-ID"] == "<order-received-1@springtide.example>"
    assert max(len(line) for line in content.splitlines()) < 100
    assert not read.defects


async def test_addresses_beyond_ascii(tmp_path: Path) -> None:
    await Mailer(MailSettings(), tmp_path / "mail").send(msgspec.structs.replace(MAIL, to="änn@exämple.se"))
    assert "änn@exämple.se" in (tmp_path / "mail" / "order-received-1.eml").read_text(encoding="utf-8")
