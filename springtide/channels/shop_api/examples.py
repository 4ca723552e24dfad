"""Examples in the OpenAPI document: the demo shop's own goods and a made-up buyer."""

from uuid import UUID

from springtide.channels.browse import Offer, ProductDocument, ProductVariant
from springtide.channels.shop_api.bodies import (
    AddressToSave,
    CartDetails,
    CartLines,
    CartVouchers,
    ConsentToRecord,
    NewCart,
    ProductReply,
    Profile,
    Purchase,
    Reset,
    ResetRequest,
    SignIn,
    SignUp,
    WantedLine,
)
from springtide.contracts.checkout.api import Delivery
from springtide.contracts.common import Address, Contact
from springtide.contracts.inventory.api import Band

_BUYER = Address(name="Sanne de Vries", line1="Kerkstraat 12", postcode="1017 GC", city="Amsterdam", country="NL")

NEW_CART = NewCart(market="NL", locale="nl", lines=(WantedLine(sku="85123A", quantity=2),))
LINES = CartLines(lines=(WantedLine(sku="85123A", quantity=1), WantedLine(sku="22423", quantity=1)))
DETAILS = CartDetails(
    contact=Contact(email="sanne@example.org", phone="+31 20 123 45 67"),
    delivery=Delivery(address=_BUYER, shipping_method="standard"),
)
VOUCHERS = CartVouchers(vouchers=("WELCOME10",))
PURCHASE = Purchase(method="ideal", total_minor=3490)
SIGN_UP = SignUp(email="sanne@example.org", password="a long pass phrase", name="Sanne de Vries", locale="nl")  # noqa: S106 - made up
SIGN_IN = SignIn(email="sanne@example.org", password="a long pass phrase")  # noqa: S106 - made up
RESET_REQUEST = ResetRequest(email="sanne@example.org")
RESET = Reset(token="the-token-of-the-mailed-link", password="another long pass phrase")  # noqa: S106 - made up
PROFILE = Profile(name="Sanne de Vries", locale="nl")
CONSENT = ConsentToRecord(given=True, text_version="2026-11")
ADDRESS = AddressToSave(address=_BUYER, is_default=True)
PRODUCT = ProductReply(
    product=ProductDocument(
        id=UUID("0198c0de-0000-7000-8000-000000085123"),
        version=1,
        language="en",
        slug="hanging-heart-t-light-holder",
        name="Hanging heart T-light holder",
        description="A white heart of metal that holds a tea light.",
        category="candle-holders",
        attributes={"colour": "White"},
        variants=(ProductVariant(sku="85123A"),),
        media=(),
        slugs={"en": "hanging-heart-t-light-holder"},
    ),
    offers=(
        Offer(sku="85123A", currency="GBP", price_minor=295, was_minor=None, lowest_30d_minor=None, band=Band.IN_STOCK),
    ),
)
