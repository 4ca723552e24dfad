"""What has to fit together between a company's documents."""

from collections.abc import Iterable, Iterator

from springtide.contracts.peak.company.shapes import Company, Named
from springtide.contracts.peak.errors import Mistake

_SHARES_DIFFER = 0.01


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
