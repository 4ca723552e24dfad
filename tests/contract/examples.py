"""Made-up values of any message type of the contracts, for checks that hold whatever is in them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect as mi

from springtide.platform.rpc import Contract, Method

_MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)

_PLAIN: dict[type[mi.Type], Callable[[Any], st.SearchStrategy[Any]]] = {
    mi.AnyType: lambda _: _JSON,
    mi.NoneType: lambda _: st.none(),
    mi.BoolType: lambda _: st.booleans(),
    mi.IntType: lambda kind: st.integers(_or(kind.ge, -(2**62)), _or(kind.le, 2**62)),
    mi.FloatType: lambda _: st.floats(allow_nan=False, allow_infinity=False),
    mi.StrType: lambda _: st.text(max_size=6),
    mi.BytesType: lambda _: st.binary(max_size=6),
    mi.UUIDType: lambda _: st.uuids(),
    mi.DecimalType: lambda _: st.decimals(allow_nan=False, allow_infinity=False, places=2),
    mi.DateTimeType: lambda _: _MOMENTS,
    mi.DateType: lambda _: st.dates(date(1970, 1, 1), date(2100, 1, 1)),
    mi.EnumType: lambda kind: st.sampled_from(list(kind.cls)),
    mi.LiteralType: lambda kind: st.sampled_from(list(kind.values)),
    mi.UnionType: lambda kind: st.one_of(*(values(part) for part in kind.types)),
    mi.ListType: lambda kind: st.lists(values(kind.item_type), max_size=2),
    mi.VarTupleType: lambda kind: st.lists(values(kind.item_type), max_size=2).map(tuple),
    mi.TupleType: lambda kind: st.tuples(*(values(part) for part in kind.item_types)),
    mi.SetType: lambda kind: st.sets(values(kind.item_type), max_size=2),
    mi.FrozenSetType: lambda kind: st.frozensets(values(kind.item_type), max_size=2),
    mi.DictType: lambda kind: st.dictionaries(values(kind.key_type), values(kind.value_type), max_size=2),
    mi.StructType: lambda kind: st.builds(kind.cls, **{field.name: _later(field.type) for field in kind.fields}),
}


def values(kind: mi.Type) -> st.SearchStrategy[Any]:
    """Return a strategy for values of an inspected type; KeyError for a type that cannot travel."""
    return _PLAIN[type(kind)](kind)


def _later(kind: mi.Type) -> st.SearchStrategy[Any]:
    """A message may contain itself."""
    return st.deferred(lambda: values(kind))


@cache
def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for values of an annotation."""
    return values(mi.type_info(annotation))


def verbs(contracts: list[Contract[Any]]) -> list[tuple[str, Method]]:
    """Return every method with the name it travels under."""
    return [
        (f"{contract.context}.{name}", method) for contract in contracts for name, method in contract.methods.items()
    ]


def _or(limit: int | None, otherwise: int) -> int:
    return otherwise if limit is None else limit
