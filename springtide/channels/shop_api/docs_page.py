"""The try-out page: three files of our own beside this module, so that nothing is fetched from another host."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "docs"

DOCS_HTML = (_FOLDER / "index.html").read_text(encoding="utf-8")
DOCS_SCRIPT = (_FOLDER / "try.js").read_text(encoding="utf-8")
DOCS_CSS = (_FOLDER / "try.css").read_text(encoding="utf-8")
