import time

from springtide.channels.browse.suggest import Named, Suggester
from springtide.platform.ids import uuid7


def suggester(*names: str) -> tuple[Suggester, dict[object, str]]:
    products = [Named(uuid7(), name, 100 - place) for place, name in enumerate(names)]
    return Suggester(products), {product.id: product.name for product in products}


def test_beginnings_come_first_then_insides_products_by_popularity() -> None:
    words = suggester("Retro theepot", "Potlood", "Bloempot groot")
    completed, products = words[0].suggest("pot")
    assert completed == ["potlood", "theepot", "bloempot"]
    assert [words[1][product] for product in products] == ["Retro theepot", "Potlood", "Bloempot groot"]


def test_all_words_must_fit_and_completions_lead_somewhere() -> None:
    words = suggester("White lantern", "White heart", "Red lamp")
    completed, products = words[0].suggest("white la")
    assert completed == ["white lantern"]
    assert [words[1][product] for product in products] == ["White lantern"]


def test_accents_are_found_without_them_and_shown_with_them() -> None:
    completed, _ = suggester("Hängande ljuslykta")[0].suggest("hang")
    assert completed == ["hängande"]


def test_nothing_typed_or_nothing_known_suggests_nothing() -> None:
    words = suggester("Mug")[0]
    assert words.suggest("") == ([], [])
    assert words.suggest("zebra") == ([], [])


def test_a_suggestion_takes_less_than_a_millisecond() -> None:
    names = [f"{colour} {thing} {number}" for number in range(60) for colour in COLOURS for thing in THINGS]
    words = suggester(*names)[0]
    fastest = {text: min(_timed(words, text) for _ in range(20)) for text in ("lant", "white la", "an", "red candle h")}
    assert max(fastest.values()) < 0.001, fastest


COLOURS = ("White", "Red", "Blue", "Green", "Pink", "Black", "Ivory", "Grey", "Silver", "Gold")
THINGS = ("lantern", "candle holder", "mug", "bunting", "cake tin", "doormat", "clock", "cushion")


def _timed(words: Suggester, text: str) -> float:
    started = time.thread_time()
    words.suggest(text)
    return time.thread_time() - started
