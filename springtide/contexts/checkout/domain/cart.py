"""What a cart may be: limits, and fields checked all at once so that a form can show every mistake."""

import re
from collections.abc import Iterable

from springtide.contracts.checkout.api import CartIncomplete, CartLimit, Delivery, InvalidCart, Line
from springtide.contracts.common import Address, Contact, Quantity

MAX_LINES = 100
MAX_QUANTITY = 9_999
MAX_VOUCHERS = 10
_MAX_TEXT = 120
_MAX_EMAIL = 254
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_POSTCODES = {
    "GB": re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE),
    "NL": re.compile(r"[1-9]\d{3} ?[A-Z]{2}", re.IGNORECASE),
    "SE": re.compile(r"\d{3} ?\d{2}"),
}


def merged_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Add up lines of the same SKU in the order of first appearance and drop zeros. `InvalidCart`, `CartLimit`."""
    quantities: dict[str, int] = {}
    names: dict[str, str] = {}
    for line in lines:
        if not line.sku or len(line.sku) > _MAX_TEXT:
            msg = "A line needs a SKU."
            raise InvalidCart(msg, fields={"lines.sku": "missing or too long"})
        if line.quantity < 0:
            msg = f"The quantity of {line.sku} is negative."
            raise InvalidCart(msg, fields={"lines.quantity": "negative"})
        quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
        names[line.sku] = line.name[:_MAX_TEXT] or names.get(line.sku, "")
    merged = tuple(Line(sku=sku, quantity=n, name=names[sku]) for sku, n in quantities.items() if n)
    if len(merged) > MAX_LINES:
        msg = f"A cart has at most {MAX_LINES} lines."
        raise CartLimit(msg, limit=MAX_LINES)
    if any(line.quantity > MAX_QUANTITY for line in merged):
        msg = f"A line has at most {MAX_QUANTITY} units."
        raise CartLimit(msg, limit=MAX_QUANTITY)
    return merged


def quantities(lines: Iterable[Line]) -> tuple[Quantity, ...]:
    """Return what inventory and pricing need to know of lines."""
    return tuple(Quantity(sku=line.sku, quantity=line.quantity) for line in lines)


def checked_vouchers(codes: Iterable[str]) -> tuple[str, ...]:
    """Return codes tidied (upper case, once each). `CartLimit`, `InvalidCart`."""
    tidy = tuple(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
    if len(tidy) > MAX_VOUCHERS:
        msg = f"A cart takes at most {MAX_VOUCHERS} vouchers."
        raise CartLimit(msg, limit=MAX_VOUCHERS)
    if any(len(code) > _MAX_TEXT for code in tidy):
        msg = "A voucher code is too long."
        raise InvalidCart(msg, fields={"vouchers": "too long"})
    return tidy


def check_details(contact: Contact, delivery: Delivery) -> None:
    """Raise `InvalidCart` naming every field that is wrong."""
    wrong: dict[str, str] = {}
    if len(contact.email) > _MAX_EMAIL or not _EMAIL.fullmatch(contact.email):
        wrong["contact.email"] = "not an e-mail address"
    if len(contact.phone) > _MAX_TEXT:
        wrong["contact.phone"] = "too long"
    if not delivery.shipping_method:
        wrong["delivery.shipping_method"] = "missing"
    wrong.update(_wrong_in_address("delivery.address", delivery.address))
    if delivery.billing is not None:
        wrong.update(_wrong_in_address("delivery.billing", delivery.billing))
    if wrong:
        msg = "Some fields need another look: " + ", ".join(sorted(wrong)) + "."
        raise InvalidCart(msg, fields=wrong)


def _wrong_in_address(prefix: str, address: Address) -> dict[str, str]:
    wrong = {
        f"{prefix}.{name}": "missing"
        for name in ("name", "line1", "city", "postcode")
        if not getattr(address, name).strip()
    }
    for name in address.__struct_fields__:
        if len(getattr(address, name)) > _MAX_TEXT:
            wrong[f"{prefix}.{name}"] = "too long"
    if not _COUNTRY.fullmatch(address.country):
        wrong[f"{prefix}.country"] = "not a country code"
    pattern = _POSTCODES.get(address.country)
    if pattern and address.postcode.strip() and not pattern.fullmatch(address.postcode.strip()):
        wrong[f"{prefix}.postcode"] = f"not a postcode of {address.country}"
    return wrong


def missing_for_completion(lines: tuple[Line, ...], contact: Contact | None, delivery: Delivery | None) -> None:
    """Raise `CartIncomplete` naming what is missing before a cart can be bought."""
    missing = [name for name, there in (("lines", lines), ("contact", contact), ("delivery", delivery)) if not there]
    if missing:
        msg = "Before this can be bought: " + ", ".join(missing) + "."
        raise CartIncomplete(msg, missing=missing)
