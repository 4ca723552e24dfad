"""A company's documents in a folder."""

from pathlib import Path

from springtide.contracts.peak.company import COMPANY_DOCUMENTS, Company, decode_company
from springtide.contracts.peak.documents import FOLDER_DOCUMENTS
from springtide.contracts.peak.fulfilment import FULFILMENT_DOCUMENT, FulfilmentTerms, decode_fulfilment_terms
from springtide.contracts.peak.partners import PARTNERS_DOCUMENT, PartnerNote, decode_partner_notes
from springtide.contracts.peak.risk import RISKS_DOCUMENT, Risk, decode_risks
from springtide.contracts.peak.staff_terms import STAFF_DOCUMENT, StaffTerms, decode_staff_terms
from springtide.contracts.peak.stock import STOCK_DOCUMENT, StockTerms, decode_stock_terms


def read_company(folder: Path) -> Company:
    """Read the documents that are there; raises InvalidPeakInput naming missing ones and every mistake."""
    return decode_company({
        name: (folder / name).read_bytes() for name in COMPANY_DOCUMENTS if (folder / name).is_file()
    })  # fmt: skip


def read_documents(folder: Path) -> dict[str, bytes]:
    """Return the documents of a company that lie in a folder, by name."""
    return {name: (folder / name).read_bytes() for name in FOLDER_DOCUMENTS if (folder / name).is_file()}


def read_staff_terms(folder: Path) -> StaffTerms:
    """Read `staff.toml` if it is there, else the documented defaults; raises InvalidPeakInput."""
    file = folder / STAFF_DOCUMENT
    return decode_staff_terms(file.read_bytes()) if file.is_file() else StaffTerms()


def read_partner_notes(folder: Path) -> tuple[PartnerNote, ...]:
    """Read `partners.toml` if it is there; raises InvalidPeakInput."""
    file = folder / PARTNERS_DOCUMENT
    return decode_partner_notes(file.read_bytes()) if file.is_file() else ()


def read_stock_terms(folder: Path) -> StockTerms:
    """Read `stock.toml` if it is there, else the documented defaults; raises InvalidPeakInput."""
    file = folder / STOCK_DOCUMENT
    return decode_stock_terms(file.read_bytes()) if file.is_file() else StockTerms()


def read_fulfilment_terms(folder: Path) -> FulfilmentTerms:
    """Read `fulfilment.toml` if it is there, else the documented defaults; raises InvalidPeakInput."""
    file = folder / FULFILMENT_DOCUMENT
    return decode_fulfilment_terms(file.read_bytes()) if file.is_file() else FulfilmentTerms()


def read_risks(folder: Path) -> tuple[Risk, ...]:
    """Read `risks.toml` if it is there; raises InvalidPeakInput."""
    file = folder / RISKS_DOCUMENT
    return decode_risks(file.read_bytes()) if file.is_file() else ()
