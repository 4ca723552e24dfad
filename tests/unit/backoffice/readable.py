"""What a reader sees of a page: its texts, and the words that only a screen reader says."""

from html.parser import HTMLParser

_UNSEEN = {"script", "style", "pre", "textarea", "code"}
_SAID = ("aria-label", "title", "placeholder")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        self.found += [value for name, value in attrs if name in _SAID and value]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN

    def handle_data(self, data: str) -> None:
        if not self._unseen and data.strip():
            self.found.append(" ".join(data.split()))


def texts_of(page: str) -> list[str]:
    """Return the texts of a page in order, blanks made one; documents and code left out."""
    parser = _Texts()
    parser.feed(page)
    return parser.found
