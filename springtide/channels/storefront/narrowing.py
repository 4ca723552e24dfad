"""What a list is narrowed to, as it lives in the address: readable, shareable, the same without script.

?q=mok&category=mugs-and-cups&from=5&to=20&stock=1&reduced=1&is=colour:Red&sort=price&page=2
"""

from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

import msgspec

from springtide.channels.browse import ListQuery, Sort
from springtide.channels.storefront.places import Place
from springtide.contracts.inventory.api import Band
from springtide.platform.errors import BadInput
from springtide.platform.http import HttpRequest
from springtide.platform.money import exponent

PAGE_SIZE = 40
_TEXT_LIMIT = 200
_DEEPEST_PAGE = 250
_LONGEST_PAGE = len(str(_DEEPEST_PAGE))
_ATTRIBUTES_LIMIT = 20
_FIELDS = ("q", "category", "from", "to", "stock", "reduced", "sort")
_AVAILABLE = (Band.IN_STOCK, Band.FEW_LEFT, Band.INBOUND)


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """A query and how it was written: `raw` are the fields as typed, to fill the form again."""

    query: ListQuery
    raw: tuple[tuple[str, str], ...]
    searching: bool

    @property
    def chosen(self) -> bool:
        """Tell whether any filter is on."""
        query = self.query
        return bool(
            query.bands
            or query.reduced
            or query.attributes
            or query.min_minor is not None
            or query.max_minor is not None
            or (self.searching and query.category)
        )

    def typed(self, name: str) -> str:
        """Return a field as it was typed."""
        return next((value for key, value in self.raw if key == name), "")

    @classmethod
    def read(cls, request: HttpRequest, place: Place, *, category: str = "") -> "Narrowing":
        """Read a list's address. Values that mean nothing are left out; a page past the end is the site's 404."""
        sent = [(name, value.strip()[:_TEXT_LIMIT]) for name, value in request.query_params.multi_items()]
        fields = dict(sent)
        page = fields.get("page", "1")
        if not (page.isascii() and page.isdigit() and len(page) <= _LONGEST_PAGE and 1 <= int(page) <= _DEEPEST_PAGE):
            msg = "There is no such page."
            raise BadInput(msg, page=page)
        query = ListQuery(
            market=place.market.key,
            language=place.language,
            text="" if category else fields.get("q", ""),
            category=category or fields.get("category", ""),
            min_minor=_minor(fields.get("from", ""), place.currency),
            max_minor=_minor(fields.get("to", ""), place.currency),
            bands=_AVAILABLE if fields.get("stock") == "1" else (),
            reduced=fields.get("reduced") == "1",
            attributes=tuple(_attributes(sent)),
            sort=_sort(fields.get("sort", ""), searching=not category and bool(fields.get("q"))),
            page=int(page),
            size=PAGE_SIZE,
        )
        kept = tuple((name, fields[name]) for name in _FIELDS if fields.get(name))
        return cls(query=query, raw=kept, searching=not category)


def listing_address(base: str, wish: Narrowing, **change: Any) -> str:  # noqa: ANN401 - text or number
    """Return the address of the same list with something changed; `None` or "" drops a field. Another choice starts at
    the first page.
    """
    fields = dict(wish.raw)
    if "category" in fields and not wish.searching:
        del fields["category"]
    fields.update({name: str(value) for name, value in change.items() if value is not None})
    pairs = [(name, value) for name, value in fields.items() if value and (name, value) != ("page", "1")]
    if "plain" in change:
        pairs = [("q", fields["q"])] if fields.get("q") else []
    else:
        pairs += [("is", f"{key}:{value}") for key, value in wish.query.attributes]
    return f"{base}?{urlencode(pairs)}" if pairs else base


def _attributes(sent: list[tuple[str, str]]) -> list[tuple[str, str]]:
    found = []
    for name, value in sent:
        key, colon, wanted = value.partition(":")
        if name == "is" and key and colon and wanted:
            found.append((key, wanted))
    return found[:_ATTRIBUTES_LIMIT]


def _sort(text: str, *, searching: bool) -> Sort:
    try:
        return Sort(text)
    except ValueError:
        return Sort.RELEVANCE if searching else Sort.POPULARITY


def _minor(text: str, currency: str) -> int | None:
    """Return typed money ("12", "12,50", "12.50") in minor units, None when it is none."""
    try:
        amount = Decimal(text.replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= Decimal(1_000_000):
        return None
    return int(amount.scaleb(exponent(currency)))
