"""Codes are public: each belongs to one refusal, has a status of the tree, and is found again after a wire."""

import re
from collections import Counter
from importlib import import_module

import pytest

import springtide.channels.web
from springtide.platform import errors
from springtide.platform.errors import Refusal, SpringtideError, Unavailable, refusal_from, unavailable_from
from springtide.settings import CONTEXTS

STATUSES = {400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429}

for _context in CONTEXTS:
    import_module(f"springtide.contracts.{_context}.api")
assert springtide.channels.web


def classes(base: type[SpringtideError]) -> list[type[SpringtideError]]:
    """Return the classes of the package below `base`, itself included."""
    below = [found for child in base.__subclasses__() for found in classes(child)]
    return [found for found in (base, *below) if found.__module__.startswith("springtide.")]


REFUSALS = classes(Refusal)


def test_every_refusal_has_a_code_of_its_own() -> None:
    own = [found for found in REFUSALS if "code" in vars(found)]
    assert {found.__qualname__ for found in REFUSALS} - {found.__qualname__ for found in own} == set()
    assert [code for code, count in Counter(found.code for found in own).items() if count > 1] == []


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda found: found.__name__)
def test_refusal_is_found_again_by_its_code(refusal: type[Refusal]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]+", refusal.code)
    assert refusal.status in STATUSES
    assert refusal.title
    again = refusal_from(refusal.code, "Because.", {"retry_after_s": 3} if issubclass(refusal, errors.TooMany) else {})
    assert type(again) is refusal
    assert again.detail == "Because."


@pytest.mark.parametrize("kind", classes(Unavailable), ids=lambda found: found.__name__)
def test_unavailability_is_found_again_by_its_code(kind: type[Unavailable]) -> None:
    again = unavailable_from(kind.code, "Later.", {}, 4)
    assert (again.status, again.code, again.retry_after_s) == (503, kind.code, 4)


def test_a_code_cannot_be_taken_twice() -> None:
    with pytest.raises(TypeError, match="belongs to NotFound"):
        type("Second", (Refusal,), {"code": "not_found"})


def test_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn = re.findall(r"[├└]── (\w+)\s+(\d{3})?", errors.__doc__ or "")
    assert {name for name, _ in drawn} == {
        found.__name__ for found in classes(SpringtideError) if found.__module__ == errors.__name__
    } - {"SpringtideError"}
    for name, status in drawn:
        assert not status or int(status) == getattr(errors, name).status
