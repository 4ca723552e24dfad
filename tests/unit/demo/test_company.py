import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from springtide.contracts.peak.company import figures
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.demo.company import COMPANY_FOLDER, load_company
from springtide.demo.history import AS_OF
from springtide.demo.shop import MARKETS

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return a function that plants one change in a copy of the company's files."""
    folder = tmp_path / "company"
    shutil.copytree(COMPANY_FOLDER, folder)

    def edit(file: str, old: str, new: str) -> Path:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return edit


def test_the_shipped_company_is_complete() -> None:
    company = load_company()
    assert (
        len(company.people),
        len(company.warehouses),
        len(company.carriers),
        len(company.gateways),
        len(company.suppliers),
    ) == (40, 2, 3, 3, 12)
    assert company.basics.as_of == AS_OF
    assert {"own", "external"} == {warehouse.kind for warehouse in company.warehouses}


def test_the_shop_is_the_companys() -> None:
    home = load_company().basics.name
    assert {seller.country: seller.name for seller, _ in MARKETS} == {"GB": home, "NL": "Marlow & Finch Gifts B.V."}
    assert all(seller.address.name == seller.name for seller, _ in MARKETS)


def test_every_figure_says_where_it_comes_from() -> None:
    found = list(figures(load_company()))
    assert len(found) > 200
    assert all(bool(figure.source) != bool(figure.assumption) for _, figure in found)
    assert len(found) == len({path for path, _ in found})


@pytest.mark.parametrize(
    ("file", "old", "new", "mistake"),
    [
        (
            "warehouses.toml",
            'capacity = { value = 1900, unit = "m3", assumption',
            'capacity = { value = 1900, unit = "m3", # assumption',
            "warehouses.toml",
        ),
        (
            "callcentre.toml",
            'unit = "people at once", assumption = "contract"',
            'unit = "people at once"',
            "a source or an",
        ),
        (
            "callcentre.toml",
            'assumption = "contract"',
            'assumption = "contract", source = "contract"',
            "a source or an",
        ),
        ("callcentre.toml", 'assumption = "contract"', 'assumption = " "', "a source or an"),
        ("roles.toml", "[minimum_wage]", "surcharge = 12\n[minimum_wage]", "surcharge"),
        ("people.toml", 'role = "director"', 'role = "king"', "king"),
        ("people.toml", 'contract = "full-time"', 'contract = "handshake"', "handshake"),
        ("people.toml", 'id = "harriet-marlow"', 'id = "tomasz-finch"', "used twice: tomasz-finch"),
        ("roles.toml", "value = 720", "value = 500", "less than the minimum wage"),
        ("warehouses.toml", 'carrier = "parcelpost"', 'carrier = "pigeon"', "pigeon"),
        ("warehouses.toml", 'id = "ext"', 'id = "moon"', "moon"),
        ("gateways.toml", 'id = "stripe"', 'id = "barter"', "barter"),
        ("suppliers.toml", '"mugs-and-cups", ', "", "missing mugs-and-cups"),
        ("suppliers.toml", '"candles", ', '"candles", "baking", ', "used twice: baking"),
    ],
)
def test_a_planted_mistake_is_refused_and_named(edited: Edit, file: str, old: str, new: str, mistake: str) -> None:
    folder = edited(file, old, new)
    with pytest.raises(InvalidPeakInput, match=mistake):
        load_company(folder)


def test_a_naked_number_is_refused(edited: Edit) -> None:
    folder = edited(
        "callcentre.toml", 'seats = { value = 12, unit = "people at once", assumption = "contract" }', "seats = 12"
    )
    with pytest.raises(InvalidPeakInput, match=r"Expected `object`, got `int` - at `\$.seats`"):
        load_company(folder)


def test_all_broken_files_are_named_at_once(edited: Edit) -> None:
    edited("callcentre.toml", 'assumption = "contract"', 'assumption = ""')
    folder = edited("gateways.toml", "percent_fee", "percentage_fee")
    with pytest.raises(InvalidPeakInput) as refusal:
        load_company(folder)
    assert [mistake.where for mistake in refusal.value.mistakes] == ["gateways.toml", "callcentre.toml"]


def test_one_person_too_few_is_refused(edited: Edit) -> None:
    text = (COMPANY_FOLDER / "people.toml").read_text(encoding="utf-8")
    last = text[text.rindex("[[people]]") :]
    with pytest.raises(InvalidPeakInput, match="39 people, not 40"):
        load_company(edited("people.toml", last, ""))


def test_the_supplier_of_a_category_is_found() -> None:
    company = load_company()
    assert company.supplier_of("christmas-decorations").id == "ningbo-christmas"
    with pytest.raises(KeyError):
        company.supplier_of("submarines")
