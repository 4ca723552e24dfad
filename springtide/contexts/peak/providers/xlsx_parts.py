"""The parts of an XLSX workbook as they are read: XML in pieces, bounded before and while it is unpacked.

Expat is fed piece by piece and answers to handlers, so that a sheet is never in memory as XML. A document type, with
which XML can be made to grow without end, is refused: no workbook has one.
"""

import re
import zlib
from collections.abc import Mapping
from typing import NoReturn, Protocol
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

MOST_UNPACKED = 400 * 1024 * 1024
"""Bytes of a part: a sheet of a million rows with five columns has about half of it."""
_PIECE = 64 * 1024
_WHOLE = re.compile(r"[0-9]{1,9}")


class NoWorkbook(Exception):
    """The file is none, is broken, or has more in it than is read; the words say what."""


class Done(Exception):
    """A handler has seen enough."""


class Handler(Protocol):
    """Who listens to a part; names come without their namespace."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Hear that an element begins."""
        ...

    def text(self, data: str) -> None:
        """Hear text, in pieces."""
        ...

    def end(self, name: str) -> None:
        """Hear that an element ended."""
        ...


def parse(book: ZipFile, part: str, handler: Handler) -> bool:
    """Read a part; False where the workbook has none of this name. Raises NoWorkbook."""
    try:
        size = book.getinfo(part).file_size
    except KeyError:
        return False
    if size > MOST_UNPACKED:
        message = (
            f"{part} has {size >> 20:,} MB unpacked, at most {MOST_UNPACKED >> 20} MB are read: use CSV or Parquet"
        )
        raise NoWorkbook(message)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: handler.start(_local(name), attributes)
    parser.EndElementHandler = lambda name: handler.end(_local(name))
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    try:
        with book.open(part) as file:
            while piece := file.read(_PIECE):
                parser.Parse(piece, False)  # noqa: FBT003 - expat takes no keywords
            parser.Parse(b"", True)  # noqa: FBT003 - as above
    except Done:
        pass
    except (expat.ExpatError, BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        message = f"{part} cannot be read: {error}"
        raise NoWorkbook(message) from error
    return True


def whole(text: str) -> int:
    """Return a number of the workbook's own (a row, a style, a text); -1 for what is none: it names nothing."""
    return int(text) if _WHOLE.fullmatch(text) else -1


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse_document_type(*_: object) -> NoReturn:
    message = "it has a document type, which no workbook has"
    raise NoWorkbook(message)


class SharedStrings:
    """The texts that cells name by number; runs of a text are joined, readings beside it are left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._now: list[str] = []
        self._takes, self._aside = False, False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """See `Handler`."""
        del attributes
        if name == "si":
            self._now = []
        self._aside = self._aside or name == "rPh"
        self._takes = name == "t" and not self._aside

    def text(self, data: str) -> None:
        """See `Handler`."""
        if self._takes:
            self._now.append(data)

    def end(self, name: str) -> None:
        """See `Handler`."""
        self._takes = False
        if name == "rPh":
            self._aside = False
        if name == "si":
            self.found.append("".join(self._now))


class Styles:
    """Which styles of cells, by number, show a number as a day or a time."""

    _BUILT_IN = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))

    def __init__(self) -> None:
        self.dates: list[bool] = []
        self._own: dict[str, bool] = {}
        self._within = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """See `Handler`."""
        if name == "numFmt":
            self._own[attributes.get("numFmtId", "")] = is_date_format(attributes.get("formatCode", ""))
        elif name == "cellXfs":
            self._within = True
        elif name == "xf" and self._within:
            number = attributes.get("numFmtId", "0")
            self.dates.append(self._own.get(number, whole(number) in self._BUILT_IN))

    def text(self, data: str) -> None:
        """See `Handler`."""

    def end(self, name: str) -> None:
        """See `Handler`."""
        if name == "cellXfs":
            self._within = False


def is_date_format(code: str) -> bool:
    """Return whether a format shows a day or a time: letters for them outside of quotes, brackets and escapes."""
    shown, quoted, bracketed, escaped = [], False, False, False
    for letter in code:
        if escaped or letter in '\\_*"[]':
            escaped = not escaped and letter in "\\_*" and not quoted
            quoted ^= letter == '"' and not bracketed
            bracketed = (bracketed or letter == "[") and letter != "]" if not quoted else bracketed
        elif not quoted and not bracketed:
            shown.append(letter)
    return bool(set("".join(shown).lower().replace("general", "")) & set("ymdhs"))


class Sheets:
    """The sheets of a workbook, in their order: name and the id of their part; and whether days count from 1904."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.from_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """See `Handler`."""
        if name == "workbookPr":
            self.from_1904 = attributes.get("date1904", "0") in {"1", "true", "on"}
        elif name == "sheet":
            id_ = next((value for key, value in attributes.items() if key.endswith(" id")), "")
            self.found.append((attributes.get("name", ""), id_))

    def text(self, data: str) -> None:
        """See `Handler`."""

    def end(self, name: str) -> None:
        """See `Handler`."""


class Relations:
    """Where the parts lie, by id; those that are worksheets."""

    def __init__(self) -> None:
        self.worksheets: dict[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """See `Handler`."""
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = attributes.get("Target", "")
            self.worksheets[attributes.get("Id", "")] = target.lstrip("/") if target[:1] == "/" else f"xl/{target}"

    def text(self, data: str) -> None:
        """See `Handler`."""

    def end(self, name: str) -> None:
        """See `Handler`."""
