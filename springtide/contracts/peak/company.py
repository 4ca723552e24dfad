"""The company a plan is made for: people, warehouses, carriers, gateways, call centre, suppliers.

Every number is a `Figure` and says where it comes from: a `source`, or an `assumption` of ours, never neither. Opening
hours and closures are clock times and dates with an assumption or reason of their own. `decode_company` reads the nine
documents a company consists of, as TOML, and refuses a naked number, an unknown field and a reference to nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TypeVar

import msgspec

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

_SHARES_DIFFER = 0.01
_T = TypeVar("_T")


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the files: fields that we do not know are mistakes."""


class Figure(Record, frozen=True):
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


class Named(Record, frozen=True):
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


class Training(Record, frozen=True):
    """How long it takes until somebody new can do a kind of work."""

    skill: str
    duration: Figure


class Person(Named, frozen=True):
    """One of the forty; `skills` come on top of those of the role."""

    role: str
    contract: str
    languages: tuple[str, ...]
    skills: tuple[str, ...] = ()


class Hours(Record, frozen=True):
    """Opening hours, local time as HH:MM."""

    days: str
    opens: str
    closes: str
    assumption: str


class CutOff(Record, frozen=True):
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


class MethodShare(Record, frozen=True):
    """How much of what is bought in a country (ISO code) is paid with a method; `share` in % of all orders."""

    method: str
    country: str
    share: Figure


class PaymentHabits(Record, frozen=True):
    """How orders are paid, and how many requests a gateway sees of each.

    `retries`: further attempts per order after one that failed. `calls_per_attempt`: requests to the gateway's API.
    `challenged`: share of card attempts sent through 3-D Secure (%), with `calls_per_challenge` further requests each.
    """

    shares: tuple[MethodShare, ...]
    retries: Figure
    calls_per_attempt: Figure
    challenged: Figure
    calls_per_challenge: Figure


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


class Closure(Record, frozen=True):
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


class Basics(Record, frozen=True):
    """Who the company is. `as_of`: the day its figures are of."""

    name: str
    about: str
    currency: str
    as_of: date
    departments: tuple[Named, ...]
    contracts: tuple[Contract, ...]


class Pay(Record, frozen=True):
    """Roles with their wages, what the law adds, and how long a skill takes to learn."""

    minimum_wage: Figure
    employer_contributions: Figure
    employer_contributions_from: Figure
    roles: tuple[Role, ...]
    training: tuple[Training, ...]


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


class Service(Named, frozen=True):
    """A group of processes that scales as one; `id` is its name in the manifests and in a fleet.

    `per_visit`, `per_order`: requests (or contract calls) it answers. `cpu`: what one costs. `cores`: of a process.
    `used`: how much of a process may be used when all is well (%). `least`, `most`: processes. `ready_after`: from the
    wish to the first answer, on a node that is there. `connections`: to the database, of each process.
    """

    per_visit: Figure
    per_order: Figure
    cpu: Figure
    cores: Figure
    used: Figure
    least: Figure
    most: Figure
    ready_after: Figure
    price: Figure
    connections: Figure


class ThirdParty(Named, frozen=True):
    """An interface of somebody else that every order or visit asks, with its limit."""

    per_order: Figure
    per_visit: Figure
    limit: Figure
    limit_lead: Figure


class Observation(Record, frozen=True):
    """One step of a rehearsal: `at_once` buyers under way together made `per_second` orders."""

    at_once: float
    per_second: float


class Box(Named, frozen=True):
    """A machine that can be rented."""

    cores: Figure
    price: Figure


class Hosting(Record, frozen=True):
    """What the shop runs on. `observations`: throughput of orders at rising load, from rehearsals, with their origin.

    `edge_share`: page views that an edge cache answers (%). `node_after`: until a new node runs. `zones`: failure zones
    processes spread over. `database_cpu`, `bus_messages`: for an order, all that follows included. `peak_minute`: the
    busiest minute of an hour over its average one; without it the history is measured.
    """

    services: tuple[Service, ...]
    third_parties: tuple[ThirdParty, ...]
    boxes: tuple[Box, ...]
    observations: tuple[Observation, ...]
    observed: str
    edge_share: Figure
    node_after: Figure
    node_lead: Figure
    processes_per_node: Figure
    zones: Figure
    database_cpu: Figure
    database_cores: Figure
    database_connections: Figure
    bus_messages: Figure
    bus_limit: Figure
    one_box_cpu: Figure
    peak_minute: Figure | None = None


class Company(Record, frozen=True):
    """All files together, checked."""

    basics: Basics
    pay: Pay
    people: tuple[Person, ...]
    warehouses: tuple[Warehouse, ...]
    carriers: tuple[Carrier, ...]
    gateways: tuple[Gateway, ...]
    payment_habits: PaymentHabits
    call_centre: CallCentre
    suppliers: tuple[Supplier, ...]
    hosting: Hosting

    def supplier_of(self, category: str) -> Supplier:
        """Return who supplies a leaf category; raises KeyError for an unknown one."""
        for supplier in self.suppliers:
            if category in supplier.categories:
                return supplier
        raise KeyError(category)


COMPANY_DOCUMENTS = (
    "company.toml",
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
            return msgspec.toml.decode(documents[name], type=type_)
        except msgspec.DecodeError as error:
            mistakes.append(Mistake(where=name, rule="not_readable", message=str(error)))
            return None

    basics = read("company.toml", Basics)
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


def figures(company: Company) -> Iterator[tuple[str, Figure]]:
    """Yield every figure with its path, for a page that shows where the numbers come from."""
    return _walk("company", company)


def _walk(path: str, value: object) -> Iterator[tuple[str, Figure]]:
    if isinstance(value, Figure):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk(f"{path}.{getattr(item, 'id', index)}", item)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _walk(f"{path}.{field}", getattr(value, field))


def mistakes_of(company: Company) -> Iterator[Mistake]:
    """Yield what is wrong between the documents: unknown references, ids used twice, wages below the minimum."""
    yield from _unknown("roles.toml: role", company.pay.roles, "department", company.basics.departments)
    yield from _unknown("people.toml: person", company.people, "role", company.pay.roles)
    yield from _unknown("people.toml: person", company.people, "contract", company.basics.contracts)
    for where, named in _lists(company):
        yield from used_twice(where, [item.id for item in named])
    yield from _below_minimum_wage(company)
    carriers = {carrier.id for carrier in company.carriers}
    for warehouse in company.warehouses:
        unknown = sorted({cut_off.carrier for cut_off in warehouse.cut_offs} - carriers)
        if unknown:
            message = f"{warehouse.id} has cut-offs for unknown carriers {', '.join(unknown)}"
            yield Mistake(where="warehouses.toml", rule="unknown_carrier", message=message)
    yield from _not_payable(company)
    supplied = [category for supplier in company.suppliers for category in supplier.categories]
    yield from used_twice("suppliers.toml: categories", supplied)


def _lists(company: Company) -> Iterator[tuple[str, tuple[Named, ...]]]:
    yield "company.toml: departments", company.basics.departments
    yield "company.toml: contracts", company.basics.contracts
    yield "roles.toml", company.pay.roles
    yield "people.toml", company.people
    yield "warehouses.toml", company.warehouses
    yield "carriers.toml", company.carriers
    yield "gateways.toml", company.gateways
    yield "suppliers.toml", company.suppliers
    yield "hosting.toml: services", company.hosting.services
    yield "hosting.toml: third_parties", company.hosting.third_parties
    yield "hosting.toml: boxes", company.hosting.boxes


def _unknown(what: str, items: Iterable[Named], field: str, allowed: Iterable[Named]) -> Iterator[Mistake]:
    ids = {item.id for item in allowed}
    for item in items:
        if getattr(item, field) not in ids:
            message = f"{item.id} names the unknown {field} {getattr(item, field)}"
            yield Mistake(where=what, rule=f"unknown_{field}", message=message)


def used_twice(where: str, ids: list[str]) -> Iterator[Mistake]:
    """Yield one mistake when ids are repeated."""
    repeated = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if repeated:
        yield Mistake(where=where, rule="used_twice", message=f"used twice: {', '.join(repeated)}")


def _not_payable(company: Company) -> Iterator[Mistake]:
    shares = company.payment_habits.shares
    total = sum(share.share.value for share in shares)
    if abs(total - 100) > _SHARES_DIFFER:
        yield Mistake(where="gateways.toml: habits.shares", rule="shares", message=f"add up to {total} %, not to 100 %")
    for share in shares:
        takers = [g for g in company.gateways if share.method in g.methods and share.country in g.countries]
        if not takers:
            message = f"no gateway takes {share.method} in {share.country}"
            yield Mistake(where="gateways.toml: habits.shares", rule="nobody_takes", message=message)


def _below_minimum_wage(company: Company) -> Iterator[Mistake]:
    for role in company.pay.roles:
        if role.wage.value < company.pay.minimum_wage.value:
            message = f"{role.id} earns less than the minimum wage"
            yield Mistake(where="roles.toml", rule="minimum_wage", message=message)
