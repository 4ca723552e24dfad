import re
import string
from pathlib import Path

import pytest

from springtide.channels.pages import translations
from springtide.channels.pages.translations import languages, say, texts

STOREFRONT = Path(translations.__file__).parents[1] / "storefront"
GROUPS = (
    "nav|list|search|category|option|product|cart|checkout|payment|"
    "confirmation|order|account|error|mail|footer|info|common"
)
KEY = rf"""["']((?:{GROUPS})\.[a-z0-9_]+)["']"""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_three_languages_english_first() -> None:
    assert languages() == ("en", "nl", "sv")


@pytest.mark.parametrize("language", ["nl", "sv"])
def test_same_keys_and_placeholders_in_every_language(language: str) -> None:
    english, other = texts("en"), texts(language)
    assert list(english) == list(other)
    assert {key: placeholders(text) for key, text in english.items()} == {
        key: placeholders(text) for key, text in other.items()
    }


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_words_are_calm(language: str) -> None:
    for key, text in texts(language).items():
        assert text.strip() == text, key
        assert text, key
        assert "!" not in text, key


def test_pages_use_known_keys_only() -> None:
    sources = [*STOREFRONT.rglob("*.html"), *STOREFRONT.rglob("*.py")]
    used = {key for path in sources for key in re.findall(KEY, path.read_text()) if not key.endswith(".html")}
    assert len(used) > 150
    assert used - set(texts("en")) == set()


def test_templates_say_nothing_by_themselves() -> None:
    """A word between tags in a template would be the same in every language."""
    for path in STOREFRONT.rglob("*.html"):
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(), flags=re.DOTALL)
        between = re.sub(r"<[^>]*>", "", text, flags=re.DOTALL)
        words = [word for word in re.findall(r"[A-Za-z]{3,}", between) if path.name != "about.html"]
        assert not words, (path.name, words)


def test_an_unknown_language_reads_english() -> None:
    assert say("fr", "nav.home") == "Home"


def test_placeholders_are_filled_and_missing_ones_are_a_bug() -> None:
    assert say("nl", "nav.page_of", page=2, pages=9) == "Pagina 2 van 9"
    with pytest.raises(KeyError):
        say("nl", "nav.page_of", page=2)
    with pytest.raises(KeyError):
        say("nl", "nav.nothing")
