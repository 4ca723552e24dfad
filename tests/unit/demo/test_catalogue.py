from collections import Counter, defaultdict
from pathlib import Path

import pytest

from springtide.demo import categories
from springtide.demo.build.catalogue import build_catalogue, write_catalogue
from springtide.demo.build.source import SourceProduct
from springtide.demo.catalogue import read_catalogue
from springtide.demo.codes import is_product_code, treatment
from springtide.demo.families import find_families, shared_name

CATCH_ALL_LIMIT = 0.08


def test_the_shipped_catalogue_has_the_articles_of_the_source_once_each() -> None:
    rows = read_catalogue()
    codes = [code for row in rows for code in row.source_codes.split()]
    assert (len(rows), len(codes)) == (4446, 4602)  # of 4,605: two carriage codes and a voucher are no articles
    assert len(rows) == len({row.sku for row in rows})
    assert all(code.upper() == row.sku for row in rows for code in row.source_codes.split())


def test_every_row_can_be_sold() -> None:
    leaves = {leaf.slug for top in categories.load().tree for leaf in top.children}
    for row in read_catalogue():
        assert is_product_code(row.sku)
        assert row.price_minor > 0
        assert row.weight_g > 0
        assert row.category in leaves
        assert row.tax_category == "standard"
        assert bool(row.option_name) == bool(row.option_value_en)


def test_options_of_a_product_differ_and_share_its_category() -> None:
    products = defaultdict(list)
    for row in read_catalogue():
        products[row.product_ref].append(row)
    assert {"Pink", "Blue"} == {row.option_value_en for row in products["47590-A"]}
    for ref, rows in products.items():
        assert len(rows) == len({row.option_value_en.lower() for row in rows}), ref
        assert len({(row.product_name_en, row.category) for row in rows}) == 1, ref
        assert (len(rows) > 1) == bool(rows[0].option_name), ref


def test_few_articles_are_in_the_catch_all() -> None:
    data = categories.load()
    rows = read_catalogue()
    shares = Counter(row.category for row in rows)
    assert shares[data.catch_all] < CATCH_ALL_LIMIT * len(rows)
    assert all(shares[leaf.slug] > 0 for top in data.tree for leaf in top.children)


def test_the_tree_has_two_levels_and_names_in_three_languages() -> None:
    data = categories.load()
    categories.check_names(data)
    assert all(3 <= len(top.children) <= 8 for top in data.tree if top.slug != "gifts-and-curiosities")
    assert not any(leaf.children for top in data.tree for leaf in top.children)


def test_a_rule_for_an_unknown_category_is_refused(tmp_path: Path) -> None:
    planted = categories.CATEGORIES_FILE.read_text().replace('"catch_all": "more-gifts"', '"catch_all": "nowhere"')
    (tmp_path / "categories.json").write_text(planted)
    with pytest.raises(ValueError, match="nowhere"):
        categories.load(tmp_path / "categories.json")


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Chick grey hot water bottle", "hot-water-bottles"),
        ("Paper chain kit 50's Christmas", "christmas-decorations"),
        ("White hanging heart T-light holder", "t-light-holders"),
        ("Jumbo bag red retrospot", "shopping-bags"),
        ("Beware of the cat metal sign", "signs-and-wall-art"),
        ("Something nobody knows", "more-gifts"),
    ],
)
def test_the_name_decides_the_category(name: str, category: str) -> None:
    assert category == categories.Categoriser(categories.load())(name)


def test_words_match_whole_words_gaps_and_exceptions() -> None:
    rules = (
        categories.Rule("cup", ("cup",), unless=("cup hook",)),
        categories.Rule("xmas", ("christmas *bag",), only=("jumbo",)),
    )
    categorise = categories.Categoriser(categories.CategoryData("", (), "rest", rules))
    found = [categorise(name) for name in ("Two cups", "Cupboard", "Cup hook", "Christmas jumbo bag", "Christmas bag")]
    assert found == ["cup", "rest", "rest", "xmas", "rest"]


def test_codes_of_one_stem_are_options_only_when_most_words_are_shared() -> None:
    names = {
        "11111A": "Pink paper parasol",
        "11111B": "Blue paper parasol",
        "11111C": "Robot pencil sharpener",
        "22222": "Party bunting",
        "22222B": "Tea time party bunting",
        "33333": "Blue paper parasol",
    }
    families = find_families(names, {"11111B": 9, "11111A": 3})
    assert [(family.ref, family.name, family.values) for family in families] == [
        ("11111-A", "Paper parasol", {"11111B": "Blue", "11111A": "Pink"})
    ]


def test_the_shared_name_works_for_translations() -> None:
    assert shared_name(["Roze parasol van papier", "Blauwe parasol van papier"]) == "Parasol van papier"
    assert shared_name(["Roze parasol", "Blauwe tas"]) is None


def test_building_merges_upper_and_lower_case_and_leaves_special_codes_out(tmp_path: Path) -> None:
    source = [
        SourceProduct("85123A", "WHITE HANGING HEART T-LIGHT HOLDER", 2.95, 100, 10),
        SourceProduct("85123a", "WHITE HANGING HEART T-LIGHT HOLDER", 5.79, 4, 2),
        SourceProduct("23444", "Next Day Carriage", 15.0, 30, 30),
    ]
    rows = build_catalogue(source, categories.load())
    write_catalogue(rows, tmp_path / "catalogue.csv.gz")
    assert rows == read_catalogue(tmp_path / "catalogue.csv.gz")
    assert [(row.sku, row.price_minor, row.units_sold, row.orders, row.source_codes) for row in rows] == [
        ("85123A", 295, 104, 12, "85123A 85123a")
    ]


def test_special_codes_are_no_articles() -> None:
    assert not any(is_product_code(code) for code in ("POST", "M", "23444", "22016", "GIFT_0001_30", "DCGS0076"))
    assert treatment("85123A") is None
