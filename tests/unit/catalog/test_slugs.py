"""Slugs as pure values."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.catalog.domain.slugs import choose_slugs, retired, slug_from


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Blåbärs-té: IJsvogel & crème 30%", "blabars-te-ijsvogel-creme-30"),
        ("ĳsvogel", "ijsvogel"),
        ("SMÖRGÅSBORD ÆØß", "smorgasbord-aeoss"),
        ("Mother's  day", "mothers-day"),
        ('30 cm / 12"', "30-cm-12"),
        ("日本", "product"),
        ("--", "product"),
    ],
)
def test_slug_from(text: str, slug: str) -> None:
    assert slug_from(text, otherwise="product") == slug


@given(st.text())
def test_every_text_makes_a_wellformed_slug(text: str) -> None:
    slug = slug_from(text, otherwise="product")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= 80


def choose(names: dict[str, str], owners: dict[tuple[str, str], str], **known: dict[str, str]) -> dict[str, str]:
    return choose_slugs(
        owner="product:1",
        names=names,
        given=known.get("given", {}),
        current=known.get("current", {}),
        current_names=known.get("current_names", {}),
        owners=owners,
    )


def test_first_free_number_is_taken_and_noted() -> None:
    owners = {("en", "mug"): "product:2", ("en", "mug-2"): "category:x", ("nl", "mug"): "product:2"}
    assert choose({"en": "Mug"}, owners) == {"en": "mug-3"}
    assert owners["en", "mug-3"] == "product:1"


def test_own_old_slug_is_free_for_its_owner() -> None:
    assert choose({"en": "Mug"}, {("en", "mug"): "product:1"}) == {"en": "mug"}


def test_kept_when_the_name_is_the_same() -> None:
    known = {"current": {"en": "old"}, "current_names": {"en": "Mug"}}
    assert choose({"en": "Mug"}, {}, **known) == {"en": "old"}
    assert choose({"en": "Cup"}, {}, **known) == {"en": "cup"}


def test_retired_slugs_keep_their_order_and_leave_out_the_current() -> None:
    assert retired({"en": ("a", "b")}, {"en": "c", "nl": "d"}, {"en": "a"}) == {"en": ("b", "c"), "nl": ("d",)}
    assert retired({}, {"en": "a"}, {"en": "a"}) == {}
