import re
import xml.etree.ElementTree as ET

import pytest

from springtide.channels.pages.pictures import PALETTE, SHAPES, address, draw
from springtide.demo.categories import load


def colours(svg: str) -> set[str]:
    return set(re.findall(r"#[0-9a-f]{6}", svg))


def test_the_same_sku_is_always_the_same_picture() -> None:
    assert draw("85123A", "candles") == draw("85123A", "candles")
    assert len({draw(f"{number}A", "candles") for number in range(50)}) > 40


@pytest.mark.parametrize("category", [*SHAPES.categories, "drawn-for-by-nobody"])
def test_a_picture_is_small_well_formed_and_without_letters(category: str) -> None:
    svg = draw("22423", category)
    assert len(svg) < 2_000
    tags = {element.tag.partition("}")[2] for element in ET.fromstring(svg).iter()}  # noqa: S314 - our own text
    assert tags <= {"svg", "g", "path", "circle", "ellipse"}
    assert "'A'" not in svg
    assert "style=" not in svg


def test_two_colours_of_one_palette_on_its_ground() -> None:
    svg = draw("22423", "baking")
    row = next(row for row in PALETTE if row[2] in svg)
    assert {row[0], row[1]} <= colours(svg)
    assert len(colours(svg)) <= 4  # ground, its tint, and two


def test_every_category_of_the_demo_has_a_drawing_of_its_own() -> None:
    leaves = {leaf.slug for top in load().tree for leaf in top.children}
    assert leaves <= set(SHAPES.categories)
    assert len(set(SHAPES.categories.values())) == len(SHAPES.categories)


def test_addresses_are_safe_and_tell_the_style() -> None:
    assert address("A/B&C", "x y") == "/media/drawn/A%2FB%26C.svg?of=x%20y&style=1"
