"""The demo company of forty people: the documents in `data/company/`, read by the published language of the peak desk.

What is the demo's own is checked here: forty people, the two locations of the opening stock, the gateways of the shop,
one supplier for each category.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from springtide.contracts.peak.company import COMPANY_DOCUMENTS, Company, decode_company
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.demo.categories import load as load_categories

COMPANY_FOLDER = Path(__file__).parent / "data" / "company"
LEARNED_FOLDER = Path(__file__).parent / "data" / "learned"
"""What the demo's own back-test left: docs/peak-accuracy.md has the command."""
HEADCOUNT = 40
LOCATIONS = ("own", "ext")
GATEWAY_IDS = ("sandbox", "stripe", "invoice")


def load_company(folder: Path = COMPANY_FOLDER) -> Company:
    """Read and check all documents; InvalidPeakInput names every mistake, FileNotFoundError a missing file."""
    company = decode_company({name: (folder / name).read_bytes() for name in COMPANY_DOCUMENTS})
    mistakes = list(_mistakes(company))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return company


def _mistakes(company: Company) -> Iterator[Mistake]:
    if len(company.people) != HEADCOUNT:
        yield Mistake(where="people.toml", rule="headcount", message=f"{len(company.people)} people, not {HEADCOUNT}")
    yield from _differs("warehouses.toml", [warehouse.id for warehouse in company.warehouses], LOCATIONS)
    yield from _differs("gateways.toml", [gateway.id for gateway in company.gateways], GATEWAY_IDS)
    supplied = [category for supplier in company.suppliers for category in supplier.categories]
    leaves = [leaf.slug for top in load_categories().tree for leaf in top.children]
    yield from _differs("suppliers.toml: categories", supplied, leaves)


def _differs(where: str, found: Iterable[str], wanted: Iterable[str]) -> Iterator[Mistake]:
    missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if missing:
        yield Mistake(where=where, rule="missing", message=f"missing {', '.join(missing)}")
    if extra:
        yield Mistake(where=where, rule="unknown", message=f"unknown {', '.join(extra)}")
