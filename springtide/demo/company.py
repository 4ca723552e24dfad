"""The demo company of forty people, read from the TOML files in `data/company/`.

Every number in these files is a `Figure` and says where it comes from: a `source`, or an `assumption` of ours, never
neither. Opening hours and closures are clock times and dates with an assumption or reason of their own. `load_company`
refuses a file that breaks this, an unknown field, and a reference to something that does not exist.

    CompanyDataError     every mistake found, named with its file
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec

from springtide.demo.categories import load as load_categories

COMPANY_FOLDER = Path(__file__).parent / "data" / "company"
HEADCOUNT = 40
LOCATIONS = ("own", "ext")
GATEWAY_IDS = ("sandbox", "stripe", "invoice")

_T = TypeVar("_T")


class CompanyDataError(ValueError):
    """The company's files cannot be used; `mistakes` holds one sentence each."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the files: fields that we do not know are mistakes."""


class Figure(_Record, frozen=True):
    """A number with its unit and either the source it was read from or the assumption it rests on."""

    value: int | float
    unit: str
    source: str = ""
    assumption: str = ""

    def __post_init__(self) -> None:
        """Refuse a figure without origin, or with two."""
        if bool(self.source.strip()) == bool(self.assumption.strip()):
            message = "a figure needs either a source or an assumption"
            raise ValueError(message)


class Named(_Record, frozen=True):
    """Something with an id and a name."""

    id: str
    name: str


class Contract(Named, frozen=True):
    """The terms that several people share."""

    weekly_hours: Figure
    paid_leave: Figure
    notice: Figure


class Role(Named, frozen=True):
    """What a person does; the wage is gross, before employer's contributions."""

    department: str
    skills: tuple[str, ...]
    wage: Figure


class Training(_Record, frozen=True):
    """How long it takes until somebody new can do a kind of work."""

    skill: str
    duration: Figure


class Person(Named, frozen=True):
    """One of the forty; `skills` come on top of those of the role."""

    role: str
    contract: str
    languages: tuple[str, ...]
    skills: tuple[str, ...] = ()


class Hours(_Record, frozen=True):
    """Opening hours, local time as HH:MM."""

    days: str
    opens: str
    closes: str
    assumption: str


class CutOff(_Record, frozen=True):
    """Orders in by this local time leave with the carrier the same day."""

    carrier: str
    order_by: str
    assumption: str


class Warehouse(Named, frozen=True):
    """A building with stock; the external one also has a tariff."""

    kind: str
    capacity: Figure
    pick_rate: Figure
    pack_rate: Figure
    receive_rate: Figure
    pick_stations: Figure
    pack_stations: Figure
    dock_doors: Figure
    storage_cost: Figure
    travel_share: Figure
    hours: tuple[Hours, ...]
    cut_offs: tuple[CutOff, ...]
    price_per_order: Figure | None = None
    price_per_extra_line: Figure | None = None
    transfer_time: Figure | None = None
    notice: Figure | None = None


class CarrierProduct(Named, frozen=True):
    """A service of a carrier with its tariff and how punctual it is."""

    zones: tuple[str, ...]
    max_weight: Figure
    price: Figure
    price_per_kg: Figure
    transit: Figure
    on_time_usual: Figure
    on_time_peak_good: Figure
    on_time_peak_bad: Figure


class Carrier(Named, frozen=True):
    """A parcel carrier with its collection and its caps."""

    collection_days: str
    collection_at: str
    daily_capacity: Figure
    peak_capacity: Figure
    peak_surcharge: Figure
    booking_lead: Figure
    products: tuple[CarrierProduct, ...]


class Gateway(Named, frozen=True):
    """A payment gateway; its id is the name of a payment provider."""

    methods: tuple[str, ...]
    countries: tuple[str, ...]
    share_limit: Figure
    fixed_fee: Figure
    percent_fee: Figure
    rate_limit: Figure
    limit_lead: Figure
    settlement: Figure
    authorisation_rate: Figure


class CallCentre(Named, frozen=True):
    """The external call centre."""

    languages: tuple[str, ...]
    channels: tuple[str, ...]
    seats: Figure
    peak_seats: Figure
    seat_notice: Figure
    price_per_minute: Figure
    minimum_per_month: Figure
    target_answered: Figure
    target_wait: Figure
    handling_time_phone: Figure
    handling_time_email: Figure
    handling_time_chat: Figure
    parallel_chats: Figure
    shrinkage: Figure
    patience: Figure
    contacts_per_order: Figure
    hours: tuple[Hours, ...]


class Closure(_Record, frozen=True):
    """Days, first and last included, on which a supplier does not work."""

    first: date
    last: date
    reason: str


class Supplier(Named, frozen=True):
    """Who makes the articles of some categories, and how soon they come."""

    country: str
    categories: tuple[str, ...]
    order_day: str
    lead_time: Figure
    lead_time_p90: Figure
    minimum_order: Figure
    cost_share: Figure
    defect_rate: Figure
    closures: tuple[Closure, ...] = ()


class _Basics(_Record, frozen=True):
    name: str
    about: str
    currency: str
    as_of: date
    departments: tuple[Named, ...]
    contracts: tuple[Contract, ...]


class _Roles(_Record, frozen=True):
    minimum_wage: Figure
    employer_contributions: Figure
    employer_contributions_from: Figure
    roles: tuple[Role, ...]
    training: tuple[Training, ...]


class _People(_Record, frozen=True):
    people: tuple[Person, ...]


class _Warehouses(_Record, frozen=True):
    warehouses: tuple[Warehouse, ...]


class _Carriers(_Record, frozen=True):
    carriers: tuple[Carrier, ...]


class _Gateways(_Record, frozen=True):
    gateways: tuple[Gateway, ...]


class _Suppliers(_Record, frozen=True):
    suppliers: tuple[Supplier, ...]


class Company(_Record, frozen=True):
    """All files together, checked."""

    basics: _Basics
    pay: _Roles
    people: tuple[Person, ...]
    warehouses: tuple[Warehouse, ...]
    carriers: tuple[Carrier, ...]
    gateways: tuple[Gateway, ...]
    call_centre: CallCentre
    suppliers: tuple[Supplier, ...]

    def supplier_of(self, category: str) -> Supplier:
        """Return who supplies a leaf category; raises KeyError for an unknown one."""
        for supplier in self.suppliers:
            if category in supplier.categories:
                return supplier
        raise KeyError(category)


def load_company(folder: Path = COMPANY_FOLDER) -> Company:
    """Read and check all files; raises CompanyDataError naming every mistake, FileNotFoundError for a missing file."""
    mistakes: list[str] = []
    basics = _read(folder, "company.toml", _Basics, mistakes)
    pay = _read(folder, "roles.toml", _Roles, mistakes)
    people = _read(folder, "people.toml", _People, mistakes)
    warehouses = _read(folder, "warehouses.toml", _Warehouses, mistakes)
    carriers = _read(folder, "carriers.toml", _Carriers, mistakes)
    gateways = _read(folder, "gateways.toml", _Gateways, mistakes)
    call_centre = _read(folder, "callcentre.toml", CallCentre, mistakes)
    suppliers = _read(folder, "suppliers.toml", _Suppliers, mistakes)
    if not (basics and pay and people and warehouses and carriers and gateways and call_centre and suppliers):
        raise CompanyDataError(mistakes)
    company = Company(
        basics=basics,
        pay=pay,
        people=people.people,
        warehouses=warehouses.warehouses,
        carriers=carriers.carriers,
        gateways=gateways.gateways,
        call_centre=call_centre,
        suppliers=suppliers.suppliers,
    )
    mistakes += _mistakes(company)
    if mistakes:
        raise CompanyDataError(mistakes)
    return company


def figures(company: Company) -> Iterator[tuple[str, Figure]]:
    """Yield every figure with its path, for a page that shows where the numbers come from."""
    return _walk("company", company)


def _read(folder: Path, name: str, type_: type[_T], mistakes: list[str]) -> _T | None:
    try:
        return msgspec.toml.decode((folder / name).read_bytes(), type=type_)
    except msgspec.DecodeError as error:
        mistakes.append(f"{name}: {error}")
        return None


def _walk(path: str, value: object) -> Iterator[tuple[str, Figure]]:
    if isinstance(value, Figure):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk(f"{path}.{getattr(item, 'id', index)}", item)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _walk(f"{path}.{field}", getattr(value, field))


def _mistakes(company: Company) -> Iterator[str]:
    """Say what is wrong between the files."""
    if len(company.people) != HEADCOUNT:
        yield f"people.toml: {len(company.people)} people, not {HEADCOUNT}"
    yield from _unknown("roles.toml: role", company.pay.roles, "department", company.basics.departments)
    yield from _unknown("people.toml: person", company.people, "role", company.pay.roles)
    yield from _unknown("people.toml: person", company.people, "contract", company.basics.contracts)
    for file, named in _lists(company):
        yield from _twice(file, [item.id for item in named])
    yield from _below_minimum_wage(company)
    carriers = {carrier.id for carrier in company.carriers}
    for warehouse in company.warehouses:
        unknown = sorted({cut_off.carrier for cut_off in warehouse.cut_offs} - carriers)
        if unknown:
            yield f"warehouses.toml: {warehouse.id} has cut-offs for unknown carriers {', '.join(unknown)}"
    yield from _differs("warehouses.toml", [warehouse.id for warehouse in company.warehouses], LOCATIONS)
    yield from _differs("gateways.toml", [gateway.id for gateway in company.gateways], GATEWAY_IDS)
    supplied = [category for supplier in company.suppliers for category in supplier.categories]
    leaves = [leaf.slug for top in load_categories().tree for leaf in top.children]
    yield from _differs("suppliers.toml: categories", supplied, leaves)
    yield from _twice("suppliers.toml: categories", supplied)


def _lists(company: Company) -> Iterator[tuple[str, tuple[Named, ...]]]:
    yield "company.toml: departments", company.basics.departments
    yield "company.toml: contracts", company.basics.contracts
    yield "roles.toml", company.pay.roles
    yield "people.toml", company.people
    yield "carriers.toml", company.carriers
    yield "suppliers.toml", company.suppliers


def _unknown(what: str, items: Iterable[Named], field: str, allowed: Iterable[Named]) -> Iterator[str]:
    ids = {item.id for item in allowed}
    for item in items:
        if getattr(item, field) not in ids:
            yield f"{what} {item.id} names the unknown {field} {getattr(item, field)}"


def _twice(what: str, ids: list[str]) -> Iterator[str]:
    repeated = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if repeated:
        yield f"{what}: used twice: {', '.join(repeated)}"


def _differs(what: str, found: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if missing:
        yield f"{what}: missing {', '.join(missing)}"
    if extra:
        yield f"{what}: unknown {', '.join(extra)}"


def _below_minimum_wage(company: Company) -> Iterator[str]:
    for role in company.pay.roles:
        if role.wage.value < company.pay.minimum_wage.value:
            yield f"roles.toml: {role.id} earns less than the minimum wage"
