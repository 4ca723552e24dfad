from pathlib import Path

import pytest

from springtide.channels.browse.words import Lexicon, Speech, fold, load_lexicons, stem, words


def test_folding_makes_accents_and_apostrophes_one() -> None:
    assert fold("Hängande LJUSLYKTA") == "hangande ljuslykta"
    assert words("Child's T-light, crème brûlée") == ["childs", "t", "light", "creme", "brulee"]


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ("candle", "candles")),
        ("en", ("box", "boxes")),
        ("en", ("berry", "berries")),
        ("en", ("knife", "knives")),
        ("nl", ("fiets", "fietsen")),
        ("nl", ("kaart", "kaarten", "kaartje", "kaartjes")),
        ("nl", ("boom", "bomen")),
        ("nl", ("huis", "huizen")),
        ("nl", ("kat", "katten")),
        ("sv", ("cykel", "cyklarna", "cyklar")),
        ("sv", ("kort", "kortet", "korten")),
        ("sv", ("flicka", "flickor", "flickorna")),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str, forms: tuple[str, ...]) -> None:
    assert len({stem(form, language) for form in forms}) == 1


@pytest.mark.parametrize(("one", "other"), [("glas", "gras"), ("kaart", "kers"), ("lamp", "lap")])
def test_different_words_keep_different_stems(one: str, other: str) -> None:
    assert stem(one, "nl") != stem(other, "nl")


def test_compounds_are_split_by_the_catalogues_own_words() -> None:
    dutch = Speech("nl")
    dutch.learn(["kerst", "kaart", "theelicht", "houder", "verjaardag"])
    assert dutch.parts("kerstkaart") == ("kerst", "kaart")
    assert dutch.parts("kerstkaarten") == ("kerst", "kaart")
    assert dutch.parts("verjaardagskaart") == ("verjaardag", "kaart")
    assert dutch.parts("theelichthouder") == ("theelicht", "houder")
    assert dutch.parts("onbekendwoord") == ()


def test_english_words_are_only_split_when_they_are_known_compounds() -> None:
    english = Speech("en", Lexicon(compounds={"teapot": ("tea", "pot")}))
    english.learn(["car", "pets", "carpets"])
    assert english.parts("carpets") == ()
    assert english.parts("teapot") == ("tea", "pot")


def test_data_files_bring_compounds_and_synonyms_both_ways(tmp_path: Path) -> None:
    (tmp_path / "compounds.csv").write_text("lang,compound,parts\nsv,julkort,jul kort\nnl,theepot,thee+pot\n")
    (tmp_path / "synonyms.csv").write_text("lang,term,synonyms\nen,t-light,tea light|tealight\n")
    lexicons = load_lexicons(tmp_path)
    assert Speech("sv", lexicons["sv"]).parts("julkort") == ("jul", "kort")
    assert Speech("nl", lexicons["nl"]).parts("theepot") == ("thee", "pot")
    english = Speech("en", lexicons["en"])
    assert "tealight" in english.related(["t", "light", "holder"])
    assert {"t", "light"} <= english.related(["tealight"])


def test_missing_data_files_are_no_problem(tmp_path: Path) -> None:
    assert load_lexicons(tmp_path) == {}
    assert load_lexicons(None) == {}


def test_the_demos_own_files_can_be_read() -> None:
    folder = Path("springtide/demo/data/translations")
    lexicons = load_lexicons(folder)
    assert {"nl", "sv"} <= set(lexicons)
    assert all(len(parts) > 1 for lexicon in lexicons.values() for parts in lexicon.compounds.values())
