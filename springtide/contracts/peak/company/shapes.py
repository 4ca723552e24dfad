"""What a company consists of: people, warehouses, carriers, gateways, call centre, suppliers, hosting.

Every number is a `Figure` and says where it comes from: a `source`, or an `assumption` of ours, never neither. Opening
hours and closures are clock times and dates with an assumption or reason of their own.
"""

from collections.abc import Iterator
from datetime import date

import msgspec


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
