import ast
from pathlib import Path
from string import Formatter

import pytest

from springtide.contexts.peak.domain.readiness.items import ITEMS, QUESTIONS
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.phrases import COUNTED, KINDS, LANGUAGES, say, sentences
from springtide.contracts.peak.phrases.reading_back import KEPT, REFUSALS
from springtide.contracts.peak.readiness import Verdict

DOMAIN = Path(__file__).parents[3] / "springtide/contexts/peak"


def fields(text: str) -> dict[str, str]:
    """Values of a text with their kinds; words that go with a count are no kind of it."""
    found = {name: kind or "" for _, name, kind, _ in Formatter().parse(text) if name and not _is_counted(kind)}
    return dict.fromkeys(counted(text), "") | found


def _is_counted(kind: str | None) -> bool:
    return bool(kind) and kind.startswith(COUNTED)


def counted(text: str) -> dict[str, list[str]]:
    """Words that go with the count of a value: their forms, for one and for more."""
    parts = [(name, kind) for _, name, kind, _ in Formatter().parse(text) if name and _is_counted(kind)]
    return {name: kind.removeprefix(COUNTED).split("|") for name, kind in parts}


def keys_used() -> set[str]:
    """Keys written in the code: Phrase(key="…") with a plain text."""
    found = set()
    for path in DOMAIN.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Phrase":
                found |= {
                    word.value.value
                    for word in node.keywords
                    if word.arg == "key" and isinstance(word.value, ast.Constant)
                }
    return found


@pytest.mark.parametrize("key", sorted(sentences()))
def test_a_sentence_is_there_in_every_language_with_the_same_values(key: str) -> None:
    texts = sentences()[key]
    assert set(texts) == set(LANGUAGES)
    assert len({tuple(sorted(fields(text).items())) for text in texts.values()}) == 1
    assert all(kind in {"", *KINDS} for kind in fields(texts["en"]).values())
    if len(texts["en"].split()) > 3:  # words alone may well be the same: Servers, Partner, Per process
        assert len(set(texts.values())) == len(LANGUAGES), "the same words in two languages"


@pytest.mark.parametrize("key", [key for key, texts in sentences().items() if any(map(counted, texts.values()))])
def test_words_of_a_count_have_two_forms_and_stand_in_no_sentence_that_is_read_back(key: str) -> None:
    assert key.partition(".")[0] not in {REFUSALS, KEPT}
    assert all(len(forms) == 2 for text in sentences()[key].values() for forms in counted(text).values())


def test_one_is_said_in_the_singular() -> None:
    hire = {"team": "warehouse", "week": "2011-09-12", "invited": 2, "applicants": 10}
    one, two = (Phrase(key="staff.hire", values={**hire, "people": people}) for people in (1, 2))
    assert say(one, "en", lambda _, value: str(value)).startswith("Find 1 seasonal colleague for warehouse")
    assert say(two, "en", lambda _, value: str(value)).startswith("Find 2 seasonal colleagues for warehouse")
    assert say(one, "nl", lambda _, value: str(value)).startswith("Zoek 1 seizoenskracht voor")
    assert say(one, "sv", lambda _, value: str(value)).startswith("Hitta 1 säsongsanställd till")


def test_every_key_of_the_code_has_its_sentence() -> None:
    assert keys_used() - set(sentences()) == set()


def test_readiness_has_words_for_every_item_question_and_verdict() -> None:
    wanted = {f"readiness.{part}.{item.id}" for item in ITEMS for part in ("item", "do")}
    wanted |= {f"readiness.question.{question}" for question in QUESTIONS}
    wanted |= {f"readiness.{verdict.value}" for verdict in Verdict}
    assert wanted - set(sentences()) == set()


def test_values_are_written_by_their_kind_and_unknown_languages_are_english() -> None:
    phrase = Phrase(key="gateways.single_taker", values={"gateway": "stripe", "share": 0.25})
    assert say(phrase, "nl", lambda kind, value: f"<{kind} {value}>") == (
        "Zonder stripe kan <percent 0.25> van alle bestellingen niet worden betaald"
    )
    assert say(phrase, "fi", lambda _, value: str(value)).startswith("Without stripe")


def test_a_missing_value_is_an_error_and_never_a_gap() -> None:
    with pytest.raises(KeyError):
        say(Phrase(key="gateways.single_taker"), "en", lambda _, value: str(value))
