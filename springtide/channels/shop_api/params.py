"""Parameters several routes share, with their limits and words for the document."""

from typing import Annotated

from litestar.params import HeaderParameter, PathParameter, QueryParameter

from springtide.channels.browse import Browse
from springtide.contracts.pricing.api import Market

KEY_MIN, ANONYMOUS_KEY_MIN, KEY_MAX = 8, 16, 200
TOKEN_HEADER = "Springtide-Token"  # noqa: S105 - the header's name
_VISIBLE = "^[!-~]*$"

Key = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=KEY_MIN,
        max_length=KEY_MAX,
        pattern=_VISIBLE,
        description="Chosen by you, new for every new request, 8 to 200 visible ASCII characters. Repeat a request "
        "with the same key and body and you get the same answer; with another body it is refused "
        "(idempotency_key_reused). Answers are kept for 48 hours.",
    ),
]
AnonymousKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=ANONYMOUS_KEY_MIN,
        max_length=KEY_MAX,
        pattern=_VISIBLE,
        description="As on every write, but 16 to 200 characters and hard to guess (a UUID is fine): as long as nobody "
        "is signed in, the key is all that tells two guests apart.",
    ),
]
Token = Annotated[
    str | None,
    HeaderParameter(
        name=TOKEN_HEADER,
        max_length=200,
        pattern=_VISIBLE,
        required=False,
        description="The capability token that came with the cart or order. Not needed for one's own when signed in.",
    ),
]
MarketKey = Annotated[
    str | None,
    QueryParameter(
        name="market",
        max_length=20,
        required=False,
        description="Key of a market as /api/markets lists them; the shop's default when left out.",
    ),
]
Language = Annotated[
    str | None,
    QueryParameter(
        name="language",
        max_length=10,
        pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?$",
        required=False,
        description="Language code; the market's first language when left out. Texts fall back to English.",
    ),
]
Slug = Annotated[str, PathParameter(max_length=300, description="The last part of the address, as lists give it.")]


def market_and_language(browse: Browse, default: str, market: str | None, language: str | None) -> tuple[Market, str]:
    """Return the market and the language to answer in; `MarketNotFound`."""
    browse.require_ready()
    found = browse.market(market or default)
    return found, language or found.languages[0]
