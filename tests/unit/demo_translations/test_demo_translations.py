"""The Dutch and Swedish best sellers: complete, short enough to print, and in the words of our glossary."""

import csv
import gzip
import re
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files

import pytest

DATA = files("springtide") / "demo" / "data"
FOLDER = DATA / "translations"
COLUMNS = ["sku", "name_nl", "name_sv", "description_en", "description_nl", "description_sv"]
LANGUAGES = ("nl", "sv")
KEPT_IN_CAPITALS = {"LED", "EHBO"}
SHOP_WORDS = {
    "cart",
    "checkout",
    "delivery",
    "order",
    "return",
    "invoice",
    "credit note",
    "in stock",
    "few left",
    "sold out",
    "back in stock",
    "discount",
    "voucher",
    "lowest price of the last 30 days",
    "VAT included",
}


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((FOLDER / name).read_text(encoding="utf-8").splitlines(), strict=True))


@dataclass(frozen=True)
class Term:
    """A glossary row; of several allowed words the first is the preferred one."""

    english: str
    words: dict[str, tuple[str, ...]]
    note: str

    def allowed_in(self, name: str, language: str) -> bool:
        return any(word.casefold() in name.casefold() for word in self.words[language])


@pytest.fixture(scope="module")
def bestsellers() -> list[dict[str, str]]:
    return rows("bestsellers.csv")


@pytest.fixture(scope="module")
def glossary() -> list[Term]:
    return [
        Term(row["term_en"], {lang: tuple(row[lang].split("|")) for lang in LANGUAGES}, row["note"])
        for row in rows("glossary.csv")
    ]


@pytest.fixture(scope="module")
def catalogue() -> dict[str, dict[str, str]]:
    packed = (DATA / "catalogue.csv.gz").read_bytes()
    return {row["sku"]: row for row in csv.DictReader(gzip.decompress(packed).decode().splitlines())}


def terms_in(name: str, glossary: list[Term]) -> list[Term]:
    """Return the words of the trade in an English name; the longest word claims its letters first."""
    found: list[Term] = []
    trade = (term for term in glossary if term.note.split(";")[0] not in {"interface", "text"})
    for term in sorted(trade, key=lambda term: -len(term.english)):
        name, count = re.subn(rf"(?<!\w){re.escape(term.english)}(e?s)?(?!\w)", "·", name, flags=re.IGNORECASE)
        found += [term] if count else []
    return found


def test_there_are_500_products_with_every_cell_filled(bestsellers: list[dict[str, str]]) -> None:
    assert len(bestsellers) == 500
    assert len({row["sku"] for row in bestsellers}) == 500
    for row in bestsellers:
        assert list(row) == COLUMNS
        assert all(cell and cell == cell.strip() and "  " not in cell for cell in row.values()), row


def test_they_are_the_products_bought_most_often(
    bestsellers: list[dict[str, str]], catalogue: dict[str, dict[str, str]]
) -> None:
    translated = {row["sku"] for row in bestsellers}
    assert translated <= catalogue.keys()
    fewest = min(int(catalogue[sku]["orders"]) for sku in translated)
    assert [sku for sku, row in catalogue.items() if int(row["orders"]) > fewest and sku not in translated] == []


@pytest.mark.parametrize("column", COLUMNS[1:])
def test_no_two_products_share_a_text(bestsellers: list[dict[str, str]], column: str) -> None:
    repeated = [text for text, count in Counter(row[column] for row in bestsellers).items() if count > 1]
    assert repeated == []


def test_texts_fit_the_pages(bestsellers: list[dict[str, str]]) -> None:
    for row in bestsellers:
        for column in COLUMNS[1:]:
            assert len(row[column]) <= (70 if column.startswith("name") else 140), row[column]
        for column in COLUMNS[3:]:
            assert 8 <= len(row[column].split()) <= 18, row[column]
            assert row[column].endswith("."), row[column]


def test_nobody_shouts(bestsellers: list[dict[str, str]]) -> None:
    for row in bestsellers:
        for column in COLUMNS[1:]:
            assert "!" not in row[column], row[column]
            assert row[column][0].isupper() or row[column][0].isdigit(), row[column]
            shouted = set(re.findall(r"[^\W\d_]{2,}", row[column])) - KEPT_IN_CAPITALS
            assert [word for word in shouted if word.isupper()] == [], row[column]


def test_names_use_the_words_of_the_glossary(
    bestsellers: list[dict[str, str]], glossary: list[Term], catalogue: dict[str, dict[str, str]]
) -> None:
    met: Counter[str] = Counter()
    astray: list[str] = []
    for row in bestsellers:
        english = catalogue[row["sku"]]["name_en"]
        for term in terms_in(english, glossary):
            met[term.english] += 1
            astray += [
                f"{english}: {row[f'name_{language}']} lacks {term.words[language]}"
                for language in LANGUAGES
                if not term.allowed_in(row[f"name_{language}"], language)
            ]
    assert astray == []
    assert len([term for term, count in met.items() if count >= 5]) >= 20, met


def test_glossary_has_each_word_once_and_filled(glossary: list[Term]) -> None:
    assert len(glossary) >= 150
    assert len({term.english.casefold() for term in glossary}) == len(glossary)
    for term in glossary:
        assert term.note
        assert all(word.strip() == word != "" for words in term.words.values() for word in words), term


def test_glossary_covers_the_interface(glossary: list[Term]) -> None:
    assert {term.english for term in glossary if term.note.startswith("interface")} >= SHOP_WORDS


def test_compounds_have_parts_that_make_them_up() -> None:
    compounds = rows("compounds.csv")
    assert len({(row["lang"], row["compound"]) for row in compounds}) == len(compounds)
    for row in compounds:
        parts = row["parts"].split(" ")
        assert row["lang"] in LANGUAGES
        assert len(parts) >= 2
        assert row["compound"] == row["compound"].lower()
        # A part is the word as people search for it, so its last letters may differ from those in the compound.
        place = 0
        for part in parts:
            place = row["compound"].find(part[:2], place)
            assert place >= 0, row
            place += 1


@pytest.mark.parametrize(
    ("language", "compound", "part"),
    [
        ("nl", "kerstkaart", "kaart"),
        ("nl", "theelichthouder", "theelicht"),
        ("nl", "verjaardagskaart", "kaart"),
        ("sv", "julkort", "kort"),
        ("sv", "ljuslykta", "ljus"),
        ("sv", "födelsedagskort", "kort"),
    ],
)
def test_compounds_are_found_by_their_parts(language: str, compound: str, part: str) -> None:
    parts = {(row["lang"], row["compound"]): row["parts"].split(" ") for row in rows("compounds.csv")}
    assert part in parts[language, compound]


def test_most_long_words_of_the_names_are_taken_apart(bestsellers: list[dict[str, str]]) -> None:
    known = {(row["lang"], row["compound"]) for row in rows("compounds.csv")}
    for language in LANGUAGES:
        words = Counter(word for row in bestsellers for word in re.findall(r"\w{10,}", row[f"name_{language}"].lower()))
        apart = sum(count for word, count in words.items() if (language, word) in known)
        assert apart / words.total() >= 0.7, sorted(word for word in words if (language, word) not in known)


def test_synonyms_name_other_words_in_a_known_language() -> None:
    synonyms = rows("synonyms.csv")
    assert len({(row["lang"], row["term"]) for row in synonyms}) == len(synonyms)
    for row in synonyms:
        others = row["synonyms"].split("|")
        assert row["lang"] in {"en", *LANGUAGES}
        assert all(others)
        assert len(set(others)) == len(others)
        assert row["term"] not in others


@pytest.mark.parametrize(
    ("language", "searched", "meant"),
    [
        ("en", "xmas", "christmas"),
        ("nl", "kaarsen", "kaars"),
        ("nl", "kado", "cadeau"),
        ("nl", "fietsen", "fiets"),
        ("sv", "cyklar", "cykel"),
        ("sv", "lunchlåda", "matlåda"),
    ],
)
def test_a_searched_word_leads_to_the_word_we_use(language: str, searched: str, meant: str) -> None:
    synonyms = {(row["lang"], row["term"]): row["synonyms"].split("|") for row in rows("synonyms.csv")}
    assert meant in synonyms[language, searched]
