"""The hash that tells a repeat from another request under the same key."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from springtide.platform.usecase import request_hash


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    sku: str
    quantity: int = 1


def test_it_is_the_same_in_every_release() -> None:
    """A repeat may come to a process of the next release: its hash has to be that of the row that was kept."""
    request = {
        "id": UUID(int=7),
        "lines": (Line(sku="mug"), Line(sku="jar", quantity=2)),
        "at": datetime(2026, 11, 27, 8, 30, tzinfo=UTC),
        "on": date(2026, 11, 27),
        "amount": Decimal("1.20"),
        "note": None,
    }
    assert request_hash(request).hex() == "8eb0adb6e1e5e939b139645f08805daa0b06feac32a5ab1d9ef63447b86214f7"
    assert (
        request_hash({"quantities": {2: 1, 10: 3}}).hex()
        == "66891495fb3b59d068db06ac9c7a2aac0a76865237879702b10938292cc1d94f"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"lines": {10: 1, 2: 3}}, {"lines": {2: 3, 10: 1}}),
        ({"tags": {"a", "b", "c"}}, {"tags": ["a", "b", "c"]}),
        ({"line": Line(sku="mug")}, {"line": {"sku": "mug"}}),
    ],
)
def test_order_of_names_makes_no_other_request(one: dict[str, object], other: dict[str, object]) -> None:
    assert request_hash(one) == request_hash(other)


@pytest.mark.parametrize(
    "other",
    [
        {"lines": [Line(sku="jar"), Line(sku="mug")]},
        {"lines": [Line(sku="mug", quantity=2), Line(sku="jar")]},
        {"lines": [Line(sku="mug")]},
        {"line": [Line(sku="mug"), Line(sku="jar")]},
        {},
    ],
)
def test_anything_else_does(other: dict[str, object]) -> None:
    assert request_hash(other) != request_hash({"lines": [Line(sku="mug"), Line(sku="jar")]})
