"""The published language as plain data, exact enough to be spoken again: types described, and rebuilt as structs.

    language.described()                  everything the contracts of this code say, as JSON values
    Rebuilt(recorded).verb("pricing.quote")   the argument and reply types of a recorded release, made anew

A type is a word ("str", "uuid", …) or a table with one entry: {"list": T}, {"dict": [K, V]}, {"union": [T, …]},
{"struct": name}, {"enum": name}, {"literal": [value, …]}, ….
"""

import enum
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from types import NoneType
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import inspect as mi

from springtide.bootstrap.specs import contracts
from springtide.platform.events import Envelope
from tests.contract.event_schemas import events

Described = Any  # JSON values

_WORDS: dict[type[mi.Type], str] = {
    mi.AnyType: "any", mi.RawType: "raw", mi.NoneType: "none", mi.BoolType: "bool", mi.IntType: "int",
    mi.FloatType: "float", mi.StrType: "str", mi.BytesType: "bytes", mi.UUIDType: "uuid", mi.DecimalType: "decimal",
    mi.DateTimeType: "datetime", mi.DateType: "date",
}  # fmt: skip
_PLAIN: dict[str, Any] = {
    "any": Any, "raw": msgspec.Raw, "none": NoneType, "bool": bool, "int": int, "float": float, "str": str,
    "bytes": bytes, "uuid": UUID, "decimal": Decimal, "datetime": datetime, "date": date,
}  # fmt: skip
_HOLDERS: dict[type[mi.Type], str] = {
    mi.ListType: "list", mi.VarTupleType: "tuple of", mi.SetType: "set", mi.FrozenSetType: "frozenset",
}  # fmt: skip
_MADE: dict[str, Callable[[Any], Any]] = {
    "list": lambda item: list[item],  # type: ignore[valid-type]
    "tuple of": lambda item: tuple[item, ...],
    "set": lambda item: set[item],  # type: ignore[valid-type]
    "frozenset": lambda item: frozenset[item],  # type: ignore[valid-type]
}


def described() -> Described:
    """Return {"verbs", "events", "structs", "enums"} of the contracts as they are."""
    writer = _Writer()
    verbs = {
        f"{context}.{name}": {
            "arguments": writer.fields(method.arguments),
            "reply": writer.type_of(method.reply),
        }
        for context, contract in contracts().items()
        for name, method in contract.methods.items()
    }
    told = {f"{event.TYPE} v{event.VERSION}": writer.type_of(event) for event in events()}
    told["envelope"] = writer.type_of(Envelope)
    return {"verbs": verbs, "events": told, "structs": writer.structs, "enums": writer.enums}


class _Writer:
    """Describes types, and keeps the structs and enums it met by name."""

    def __init__(self) -> None:
        self.structs: dict[str, Described] = {}
        self.enums: dict[str, Described] = {}

    def type_of(self, annotation: Any) -> Described:
        return self._type(mi.type_info(annotation))

    def fields(self, struct: type[msgspec.Struct]) -> Described:
        info = mi.type_info(struct)
        assert isinstance(info, mi.StructType)
        assert not info.forbid_unknown_fields, f"{struct}: a newer neighbour's field must not break it"
        return {field.encode_name: self._field(field) for field in info.fields}

    def _field(self, field: mi.Field) -> Described:
        said = {"type": self._type(field.type)}
        if not field.required:
            has_factory = field.default_factory is not msgspec.NODEFAULT
            said["default"] = msgspec.to_builtins(field.default_factory() if has_factory else field.default)
        return said

    def _type(self, kind: mi.Type) -> Described:  # noqa: PLR0911 - one return per kind
        if type(kind) in _WORDS:
            return _WORDS[type(kind)]
        match kind:
            case mi.ListType() | mi.VarTupleType() | mi.SetType() | mi.FrozenSetType():
                return {_HOLDERS[type(kind)]: self._type(kind.item_type)}
            case mi.TupleType():
                return {"tuple": [self._type(part) for part in kind.item_types]}
            case mi.DictType():
                return {"dict": [self._type(kind.key_type), self._type(kind.value_type)]}
            case mi.UnionType():
                return {"union": [self._type(part) for part in kind.types]}
            case mi.LiteralType():
                return {"literal": list(kind.values)}
            case mi.EnumType():
                name = _name(kind.cls)
                self.enums[name] = [member.value for member in kind.cls]
                return {"enum": name}
            case mi.StructType():
                name = _name(kind.cls)
                if name not in self.structs:
                    self.structs[name] = {}  # it may contain itself
                    self.structs[name] = self.fields(kind.cls)
                return {"struct": name}
        msg = f"{kind} cannot travel"
        raise TypeError(msg)


def _name(cls: Any) -> str:
    """Return a name that is one of a kind: `orders.api.Order`, `common.Page[orders.api.OrderRow]`."""
    origin, arguments = getattr(cls, "__origin__", cls), getattr(cls, "__args__", ())
    name = f"{origin.__module__}.{origin.__qualname__}".removeprefix("springtide.").removeprefix("contracts.")
    return f"{name}[{', '.join(_name(argument) for argument in arguments)}]" if arguments else name


class Rebuilt:
    """The types of a recorded release."""

    def __init__(self, recorded: Described) -> None:
        self._recorded = recorded
        self._enums = {
            name: enum.Enum(name, [(f"M{number}", value) for number, value in enumerate(values)])
            for name, values in recorded["enums"].items()
        }
        self._structs: dict[str, type[msgspec.Struct]] = {}

    def verb(self, name: str) -> tuple[type[msgspec.Struct], Any]:
        """Return the types of a verb's arguments and of its reply."""
        said = self._recorded["verbs"][name]
        return self._struct(f"{name} arguments", said["arguments"]), self.type_of(said["reply"])

    def event(self, name: str) -> Any:
        """Return the type of an event, "<type> v<version>"."""
        return self.type_of(self._recorded["events"][name])

    def type_of(self, said: Described) -> Any:
        """Return a described type."""
        if isinstance(said, str):
            return _PLAIN[said]
        ((kind, what),) = said.items()
        if kind in _MADE:
            return _MADE[kind](self.type_of(what))
        if kind == "struct":
            if what not in self._structs:
                self._structs[what] = self._struct(what, self._recorded["structs"][what])
            return self._structs[what]
        return self._enums[what] if kind == "enum" else self._joined(kind, what)

    def _joined(self, kind: str, parts: Described) -> Any:
        if kind == "literal":
            return Literal[tuple(parts)]
        types = tuple(self.type_of(part) for part in parts)
        if kind == "union":
            return reduce(or_, types)
        return dict[types] if kind == "dict" else tuple[types]  # type: ignore[valid-type]

    def _struct(self, name: str, fields: Described) -> type[msgspec.Struct]:
        made = [(field, self.type_of(said["type"]), self._default(said)) for field, said in fields.items()]
        return msgspec.defstruct("".join(c if c.isalnum() else "_" for c in name), made, kw_only=True, frozen=True)

    def _default(self, said: Described) -> Any:
        if "default" not in said:
            return msgspec.field()
        return msgspec.field(default_factory=lambda: msgspec.convert(said["default"], self.type_of(said["type"])))
