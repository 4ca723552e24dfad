"""Ways to pay: their names, and in which order a market shows them."""

import msgspec

from springtide.contracts.common import Texts


class MethodWords(msgspec.Struct, frozen=True, kw_only=True):
    """The name of a way to pay, and its smallest amount in minor units."""

    names: Texts
    min_minor: int = 0


METHODS: dict[str, MethodWords] = {
    "card": MethodWords(names={"en": "Card", "nl": "Kaart", "sv": "Kort"}),
    "bank_redirect": MethodWords(names={"en": "iDEAL | Wero", "nl": "iDEAL | Wero", "sv": "iDEAL | Wero"}),
    "app_push": MethodWords(names={"en": "Swish", "nl": "Swish", "sv": "Swish"}),
    "pay_later": MethodWords(names={"en": "Pay later", "nl": "Achteraf betalen", "sv": "Betala senare"}, min_minor=100),
    "invoice": MethodWords(names={"en": "Invoice", "nl": "Factuur", "sv": "Faktura"}),
}
