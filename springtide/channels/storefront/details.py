"""The buyer's details between form and contract: names of fields, what is wrong with them in the buyer's language."""

from functools import partial

from springtide.channels.pages.forms import FieldError, Form
from springtide.channels.pages.translations import say
from springtide.channels.storefront.places import Place
from springtide.contracts.checkout.api import Cart, Delivery
from springtide.contracts.common import Address, Contact
from springtide.platform.errors import Facts

ADDRESS_FIELDS = ("name", "company", "line1", "line2", "postcode", "city", "country")
_REQUIRED = ("name", "line1", "postcode", "city")
_LABELS = {
    "email": "checkout.email",
    "phone": "checkout.phone",
    "name": "checkout.name",
    "company": "checkout.company",
    "line1": "checkout.street",
    "line2": "checkout.street_extra",
    "postcode": "checkout.postcode",
    "city": "checkout.city",
    "country": "checkout.country",
}
_POSTCODES = {"GB": "SW1A 1AA", "NL": "1012 AB", "SE": "111 22", "DE": "10115", "BE": "1000", "FR": "75001"}
_FROM_CONTRACT = {"contact.": "", "delivery.address.": "", "delivery.billing.": "b_"}


def form_of(cart: Cart, place: Place, email: str = "", saved: Address | None = None) -> Form:
    """Return the details form as the cart knows it, else filled with what the customer has saved."""
    values = {"email": email, "phone": "", "billing_same": "yes", "country": place.country, "b_country": place.country}
    if saved is not None:
        values.update({name: getattr(saved, name) for name in ADDRESS_FIELDS})
    if cart.contact is not None:
        values.update(email=cart.contact.email, phone=cart.contact.phone)
    if cart.delivery is not None:
        values.update({name: getattr(cart.delivery.address, name) for name in ADDRESS_FIELDS})
        values["shipping_method"] = cart.delivery.shipping_method
        if cart.delivery.billing is not None:
            billing = cart.delivery.billing
            values.update({f"b_{name}": getattr(billing, name) for name in ADDRESS_FIELDS}, billing_same="")
    return Form(values)


def contact_of(form: Form) -> Contact:
    """Return the contact that was filled in."""
    return Contact(email=form["email"], phone=form["phone"])


def delivery_of(form: Form) -> Delivery:
    """Return the delivery that was filled in."""
    billing = None if form["billing_same"] == "yes" else address_of(form, "b_")
    return Delivery(address=address_of(form), shipping_method=form["shipping_method"], billing=billing)


def address_of(form: Form, prefix: str = "") -> Address:
    """Return the address that was filled in under a prefix."""
    return Address(**{name: form[prefix + name] for name in ADDRESS_FIELDS})


def missing(form: Form, place: Place) -> tuple[FieldError, ...]:
    """Return an error for every required field of the details that is empty, in the order of the page."""
    names = ["email", *_REQUIRED]
    if form["billing_same"] != "yes":
        names += [f"b_{name}" for name in _REQUIRED]
    errors = [required(place, name) for name in names if not form[name]]
    if not form["shipping_method"]:
        errors.append(FieldError("shipping_method", say(place.language, "checkout.delivery_choose")))
    return tuple(errors)


def required(place: Place, name: str, label: str = "") -> FieldError:
    """Return "fill in …" for a field."""
    key = _LABELS.get(name.removeprefix("b_"), "")
    words = label or say(place.language, key)
    return FieldError(name, say(place.language, "error.required", field=words[:1].lower() + words[1:]))


def wrong_fields(place: Place, facts: Facts, country: str) -> tuple[FieldError, ...]:
    """Return the mistakes a contract named (facts.fields = {name: why}) as errors of the form."""
    t = partial(say, place.language)
    errors = []
    for path, why in facts.get("fields", {}).items():
        name = _form_name(path)
        kind = name.removeprefix("b_")
        if "too long" in why:
            errors.append(FieldError(name, t("error.too_long", count=120)))
        elif kind == "email":
            errors.append(FieldError(name, t("error.email_invalid")))
        elif kind == "postcode" and why != "missing":
            errors.append(FieldError(name, t("error.postcode_invalid", example=_POSTCODES.get(country, "12345"))))
        elif kind == "shipping_method":
            errors.append(FieldError(name, t("checkout.delivery_choose")))
        elif kind in _LABELS:
            errors.append(required(place, name))
        else:
            errors.append(FieldError("", t("error.check_field", field=path)))
    return tuple(errors)


def _form_name(path: str) -> str:
    for start, prefix in _FROM_CONTRACT.items():
        if path.startswith(start):
            return prefix + path.removeprefix(start)
    return path.removeprefix("delivery.")
