"""The nine documents a company is read from, as TOML.

`decode_company` refuses a naked number, an unknown field and a reference to nothing, all mistakes at once.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from springtide.contracts.peak.company.rules import mistakes_of
from springtide.contracts.peak.company.shapes import (
    Basics,
    CallCentre,
    Carrier,
    Company,
    Gateway,
    Hosting,
    Pay,
    PaymentHabits,
    Person,
    Record,
    Supplier,
    Warehouse,
)
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml

_T = TypeVar("_T")

COMPANY_DOCUMENT = "company.toml"
COMPANY_DOCUMENTS = (
    COMPANY_DOCUMENT,
    "roles.toml",
    "people.toml",
    "warehouses.toml",
    "carriers.toml",
    "gateways.toml",
    "callcentre.toml",
    "suppliers.toml",
    "hosting.toml",
)
"""The documents of a company, in the order they are read."""


class _People(Record, frozen=True):
    people: tuple[Person, ...]


class _Warehouses(Record, frozen=True):
    warehouses: tuple[Warehouse, ...]


class _Carriers(Record, frozen=True):
    carriers: tuple[Carrier, ...]


class _Gateways(Record, frozen=True):
    gateways: tuple[Gateway, ...]
    habits: PaymentHabits


class _Suppliers(Record, frozen=True):
    suppliers: tuple[Supplier, ...]


class _Currency(msgspec.Struct, frozen=True):
    currency: str


def currency_of(document: str) -> str:
    """Return the currency of the books from `company.toml` alone; raises InvalidPeakInput."""
    return read_toml(COMPANY_DOCUMENT, document.encode(), _Currency).currency


def decode_company(documents: Mapping[str, bytes]) -> Company:
    """Read a company from its documents by name; raises InvalidPeakInput naming every mistake with its document."""
    mistakes = [
        Mistake(where=name, rule="document_missing", message="the document is missing")
        for name in COMPANY_DOCUMENTS
        if name not in documents
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)

    def read(name: str, type_: type[_T]) -> _T | None:
        try:
            return read_toml(name, documents[name], type_)
        except InvalidPeakInput as refused:
            mistakes.extend(refused.mistakes)
            return None

    basics = read(COMPANY_DOCUMENT, Basics)
    pay = read("roles.toml", Pay)
    people = read("people.toml", _People)
    warehouses = read("warehouses.toml", _Warehouses)
    carriers = read("carriers.toml", _Carriers)
    gateways = read("gateways.toml", _Gateways)
    call_centre = read("callcentre.toml", CallCentre)
    suppliers = read("suppliers.toml", _Suppliers)
    hosting = read("hosting.toml", Hosting)
    if not (
        basics and pay and people and warehouses and carriers and gateways and call_centre and suppliers and hosting
    ):
        raise InvalidPeakInput.of(mistakes)
    company = Company(
        basics=basics,
        pay=pay,
        people=people.people,
        warehouses=warehouses.warehouses,
        carriers=carriers.carriers,
        gateways=gateways.gateways,
        payment_habits=gateways.habits,
        call_centre=call_centre,
        suppliers=suppliers.suppliers,
        hosting=hosting,
    )
    mistakes += mistakes_of(company)
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return company
