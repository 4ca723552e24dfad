"""What a stock code of *Online Retail II* means when it is not an article.

The source books postage, discounts, fees and corrections as lines with a code of their own. `TREATMENT` is the one
list: the catalogue leaves all of these out, and the history reader treats a line by its code's `Treatment`.
"""

import enum
import re


class Treatment(enum.StrEnum):
    """What becomes of a line with a special code."""

    SHIPPING = "shipping"
    DISCOUNT = "discount"
    MANUAL = "manual"
    VOUCHER = "voucher"
    EXCLUDED = "excluded"


TREATMENT: dict[str, tuple[Treatment, str]] = {
    "POST": (Treatment.SHIPPING, "postage charged to the buyer"),
    "DOT": (Treatment.SHIPPING, "postage of the sister shop's parcels"),
    "C2": (Treatment.SHIPPING, "carriage"),
    "23444": (Treatment.SHIPPING, "next-day carriage, booked under an article's code"),
    "23574": (Treatment.SHIPPING, "packing charge, booked under an article's code"),
    "C3": (Treatment.EXCLUDED, "carriage code that occurs once, without an amount"),
    "D": (Treatment.DISCOUNT, "discount"),
    "M": (Treatment.MANUAL, "amount typed by hand"),
    "22016": (Treatment.VOUCHER, "gift voucher of 100 pounds, booked under an article's code"),
    "S": (Treatment.EXCLUDED, "samples"),
    "BANK CHARGES": (Treatment.EXCLUDED, "bank charges"),
    "AMAZONFEE": (Treatment.EXCLUDED, "fee of a marketplace"),
    "ADJUST": (Treatment.EXCLUDED, "correction of the accounts"),
    "ADJUST2": (Treatment.EXCLUDED, "correction of the accounts"),
    "B": (Treatment.EXCLUDED, "bad debt"),
    "CRUK": (Treatment.EXCLUDED, "commission of a charity sale"),
    "PADS": (Treatment.EXCLUDED, "cushion pads added to cushions at a tenth of a penny"),
    "GIFT": (Treatment.EXCLUDED, "gift line without an article"),
    "TEST001": (Treatment.EXCLUDED, "test of the shop's software"),
    "TEST002": (Treatment.EXCLUDED, "test of the shop's software"),
}
VOUCHER_PREFIX = "GIFT_"
_ARTICLE = re.compile(r"\d{5}[A-Z]{0,2}")


def treatment(code: str) -> Treatment | None:
    """Return how to treat a line with this code (upper case), None for an article."""
    known = TREATMENT.get(code)
    if known is not None:
        return known[0]
    return Treatment.VOUCHER if code.startswith(VOUCHER_PREFIX) else None


def is_product_code(code: str) -> bool:
    """Tell whether the code (upper case) can be an article of the catalogue: five digits and up to two letters."""
    return _ARTICLE.fullmatch(code) is not None and code not in TREATMENT
