"""Every form of a site, as somebody finds it who opens every page: where it goes, and values that would do."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tests.unit.backoffice.browser import Browser

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FILLED = {
    "date": "2026-11-27",
    "datetime-local": "2026-11-27T10:00",
    "email": "anna@example.com",
    "number": "3",
    "password": "seven quiet lanterns on a shelf",
    "file": "",
}
"""What stands in an empty field of a type before anything is done to it; elsewhere a word."""
_WORD = "7"


@dataclass
class Form:
    """A form to post. `fields`: by name, filled; `boxes`: what is sent for a box that is ticked."""

    page: str
    target: str
    fields: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._list = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "form" and found.get("method") == "post":
            self._form = Form(self.page, urljoin(self.page, found.get("action") or self.page))
            self.forms.append(self._form)
        if self._form is not None:
            self._field(self._form, tag, found)

    def _field(self, form: Form, tag: str, found: dict[str, str]) -> None:
        name, value = found.get("name", ""), found.get("value", "")
        if tag == "option" and self._list and not form.fields[self._list]:
            form.fields[self._list] = value
        if not name:
            return
        if tag == "input" and found.get("type") in {"checkbox", "radio"}:
            form.boxes[name] = value or "on"
        elif tag == "button":
            form.boxes[name] = value
        elif tag == "input":
            form.fields[name] = value or ("" if found.get("type") == "hidden" else _FILLED.get(found["type"], _WORD))
        elif tag == "select":
            self._list, form.fields[name] = name, ""
        elif tag == "textarea":
            self._area, form.fields[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select":
            self._list = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.fields[self._area] += data


def meaning(address: str) -> str:
    """Return what an address means: ids are all one."""
    return _UUID.sub("*", urlsplit(address).path)


async def forms_of(browser: Browser, *starts: str, most: int = 150) -> dict[str, Form]:
    """Open every kind of page that links lead to, and return every kind of form by the meaning of its address."""
    forms: dict[str, Form] = {}
    waiting, seen = list(starts), set[str]()
    while waiting and len(seen) < most:
        page = waiting.pop(0)
        if meaning(page) in seen:
            continue
        seen.add(meaning(page))
        answer = await browser.get(page)
        if answer.status != 200 or "html" not in answer.headers.get("content-type", ""):
            continue
        reader = _Reader(page)
        reader.feed(answer.text)
        for form in reader.forms:
            known = forms.get(meaning(form.target))
            if known is None or len(form.fields) > len(known.fields):
                forms[meaning(form.target)] = form
        waiting += [link for link in (urljoin(page, one) for one in reader.links) if link.startswith("/")]
    return forms
