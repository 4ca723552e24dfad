"""A mail as bytes: plain text and HTML side by side (RFC 5322, RFC 2046), the same bytes but for the date.

Written out by hand: the standard library's message classes parse and fold every header of every mail, which takes
longer than everything else that is done for an order after its sale.
"""

import binascii
from email.header import Header
from email.utils import formataddr, formatdate, parseaddr
from functools import lru_cache

import msgspec


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person, as plain text and as HTML. `cause`: what it is sent for, unique, safe in a file name."""

    to: str
    subject: str
    text: str
    html: str
    language: str
    cause: str


def message(mail: Mail, *, sender: str) -> bytes:
    """Return the mail as it is sent; ValueError when a header would have a line break."""
    for name, value in (("from", sender), ("to", mail.to), ("subject", mail.subject), ("cause", mail.cause)):
        if "\r" in value or "\n" in value:
            msg = f"{name}: a header has no linefeed"
            raise ValueError(msg)
    domain = sender.rpartition("@")[2].rstrip(">")
    boundary = f"=_{mail.cause}"
    headers = {
        "From": _sender(sender),
        "To": mail.to,
        "Subject": _in_words(mail.subject),
        "Date": formatdate(usegmt=True),
        "Message-ID": f"<{mail.cause}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Language": mail.language,
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    limit = f"\r\n--{boundary}".encode()
    return b"".join(
        (head, limit, _part("plain", mail.text), limit, _part("html", mail.html), limit, b"--\r\n"),
    )


def _part(kind: str, text: str) -> bytes:
    """Return a part in quoted-printable: any server takes it, and a person can read most of it."""
    lines = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    head = f'\r\nContent-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode() + binascii.b2a_qp(lines, quotetabs=False, istext=True)


@lru_cache(maxsize=16)
def _sender(sender: str) -> str:
    """Return the sender with a name beyond ASCII encoded, the address as it is."""
    return formataddr(parseaddr(sender))


def _in_words(value: str) -> str:
    """Return a header's text as it may stand in a message: words beyond ASCII are encoded (RFC 2047)."""
    return value if value.isascii() else Header(value, "utf-8", maxlinelen=76).encode(linesep="\r\n")
