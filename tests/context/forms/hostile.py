"""What a form is sent that no page would send, and how an answer to it is judged."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import urlencode

from tests.context.forms.crawl import Form
from tests.unit.backoffice.browser import Answer

MARK = "<i id=hostile>"
"""A page that shows it has to show it escaped."""
URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data; boundary=x"

VALUES: tuple[str, ...] = (
    "",
    "0",
    "-1",
    "1e999",
    "1e-999",
    "NaN",
    "sNaN",
    "-Infinity",
    "99999999999999999999",
    "9" * 5_000,
    "1_000",
    "\u0663",
    "\u00bd",
    "1.005",
    MARK,
    f"\u202e{MARK}\U0001f4a5" * 40,
    "\u00e9" * 2_000,
    "'; drop table orders; --",
    "{{ 7 * 7 }} %s %(x)s ${x}",
    "../../../etc/passwd",
    "a\r\nset-cookie: hostile=1",
    "\ufffe\u2028\x7f\x1b",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59",
    "2026-02-30",
    "2026-11-27T00:00+14:00",
    "00000000-0000-0000-0000-000000000000",
    "null",
    '{"a": ' * 2_000,
    "a = " + "[" * 1_500,
    "//example.org/\u6f22",
    "/\u6f22",
)
BODIES: tuple[tuple[str, bytes], ...] = (
    (URLENCODED, b"%ED%A0%80=%FF&\xff\xfe=\xc3"),
    (URLENCODED, b"&".join(b"f%d=" % n for n in range(1_500))),
    (URLENCODED, b"a" * 300_000),
    (URLENCODED, b"sku=%00"),
    (f"{URLENCODED}; charset=nonsense", b"sku=1"),
    (f"{URLENCODED}; charset=utf-16", b"sku=1"),
    ("application/json", b'{"sku":' + b"[" * 30_000),
    ("multipart/form-data", b"--x\r\n"),
    ("multipart/form-data; boundary=", b"--\r\n\r\n----"),
    (_MULTIPART, b'--x\r\ncontent-disposition: form-data; name="sku"\r\n\r\n\xff\xfe\r\n--x--\r\n'),
    (_MULTIPART, b"--x\r\ncontent-disposition: nonsense\r\n\r\n1\r\n--x"),
    (_MULTIPART, b"--x\r\n\r\n" * 2_000),
    (_MULTIPART, b"no boundary anywhere"),
    ("text/plain", b"sku=1"),
    ("\u00ff;;;=", b"sku=1"),
    ("", b""),
)
_ROW = re.compile(r"-\d+$")
_MOSTLY = 0.6
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Wish:
    """One form as it is sent: pairs, because a name may come twice."""

    pairs: Pairs
    why: str

    @property
    def body(self) -> bytes:
        return urlencode(self.pairs).encode()


def wishes(form: Form, hidden: Sequence[str], *, chance: Random) -> Iterator[Wish]:
    """Yield a form with what can be wrong: each field with each value, none, thrice, in rows far away; several at once.

    `hidden`: the form's ticket, left as it is.
    """
    fields = {**form.fields, **form.boxes}
    own = [name for name in fields if name not in hidden]
    yield Wish((), "nothing")
    yield Wish(_pairs(form.fields), "as it was shown")
    for name in own:
        yield Wish(_pairs(fields, without=name), f"without {name}")
        yield Wish((*_pairs(fields), (name, MARK), (name, "7")), f"{name} three times")
        yield from (Wish(_pairs({**fields, name: value}), f"{name} = {value[:40]!r}") for value in VALUES)
        if _ROW.search(name):
            far = (_ROW.sub(f"-{row}", name) for row in ("999999999", "9" * 400, "-1", "\u0663"))
            yield from (Wish((*_pairs(fields, without=name), (row, "1")), row[:40]) for row in far)
    for _ in range(8):
        several = {name: chance.choice(VALUES) if chance.random() < _MOSTLY else fields[name] for name in own}
        yield Wish(_pairs({**fields, **several}), "several at once")


def _pairs(fields: Mapping[str, str], *, without: str = "") -> Pairs:
    return tuple((name, value) for name, value in fields.items() if name != without)


def complaint(answer: Answer, names: Sequence[str]) -> str:
    """Return what is wrong with an answer, "" when something was done, or was refused by name.

    `names`: of these a refusal has at least one on it.
    """
    if answer.status >= 500:
        return f"{answer.status}: {answer.text[:300]}"
    if MARK in answer.text and "html" in answer.headers.get("content-type", ""):
        return f"{answer.status}: shown as markup"
    if any("\r" in value or "\n" in value for value in answer.headers.values()) or "hostile" in str(answer.set_cookies):
        return f"{answer.status}: a header of the sender's making"
    if answer.status == 303 and (not answer.location.startswith("/") or answer.location.startswith("//")):
        return f"leads to {answer.location[:80]}"
    if answer.status >= 400 and not any(name in answer.text for name in names):
        return f"{answer.status} without a name: {answer.text[:300]}"
    return ""
