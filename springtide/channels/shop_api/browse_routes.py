"""Looking: markets, categories, products, search, suggestions. Answered from memory, whatever the database does."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import MediaType, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from msgspec import Meta

from springtide.channels.browse import CategoryView, Found, Listing, ListQuery, Moved, Sort, Suggestions, keys
from springtide.channels.browse.documents import text_in
from springtide.channels.browse.views import DEEPEST_HIT, PAGE_LIMIT
from springtide.channels.shop_api import examples
from springtide.channels.shop_api.answers import READING, example, problems
from springtide.channels.shop_api.bodies import MarketReply, ProductReply, ShippingReply
from springtide.channels.shop_api.callers import desk_of
from springtide.channels.shop_api.params import Language, MarketKey, Slug, market_and_language
from springtide.contracts.catalog.api import CategoryNotFound, ProductNotFound
from springtide.contracts.inventory.api import Band
from springtide.contracts.pricing.api import Market
from springtide.platform.caching import HINT, SHOWN
from springtide.platform.errors import BadInput
from springtide.platform.http import HttpRequest, tag

_TAG = ["Browse"]
_AMOUNT_LIMIT = 10**12
_ATTRIBUTES_LIMIT = 20

Amount = Annotated[
    int | None, QueryParameter(ge=0, le=_AMOUNT_LIMIT, required=False, description="Minor units, VAT included")
]
Attributes = Annotated[
    list[Annotated[str, Meta(pattern="^[^:]+:.+$", max_length=200)]] | None,
    QueryParameter(
        name="attribute",
        required=False,
        description="`key:value` as the facets name them; may be repeated. Values of one key are alternatives.",
    ),
]


@get("/markets", tags=_TAG, opt=SHOWN, summary="Markets", responses=problems(400, 503))
async def list_markets(request: HttpRequest, language: Language = None) -> list[MarketReply]:
    """Return every market with its currency, countries, languages and ways to deliver."""
    browse = desk_of(request).browse
    tag(request, keys.FRONT)
    return [_market(market, language or market.languages[0]) for market in browse.markets()]


def _market(market: Market, language: str) -> MarketReply:
    shipping = [
        ShippingReply(
            key=method.key,
            name=text_in(method.names, language),
            carrier=method.carrier,
            countries=method.countries,
            price_minor=method.price_minor,
            free_from_minor=method.free_from_minor,
            days_min=method.days_min,
            days_max=method.days_max,
        )
        for method in market.shipping_methods
    ]
    return MarketReply(
        key=market.key,
        currency=market.currency,
        countries=market.countries,
        languages=market.languages,
        shipping=tuple(shipping),
    )


@get("/categories", tags=_TAG, opt=SHOWN, summary="Category tree", responses=problems(*READING))
async def list_categories(
    request: HttpRequest, market: MarketKey = None, language: Language = None
) -> list[CategoryView]:
    """Return the whole tree, parents before children, with the number of products below each."""
    desk = desk_of(request)
    found, spoken = market_and_language(desk.browse, desk.default_market, market, language)
    tag(request, keys.of(found, spoken, keys.CATEGORIES))
    return list(desk.browse.categories(spoken))


@get("/products", tags=_TAG, opt=SHOWN, summary="List and search products", responses=problems(*READING))
async def list_products(  # noqa: PLR0917 - one parameter per query parameter of the address
    request: HttpRequest,
    market: MarketKey = None,
    language: Language = None,
    q: Annotated[str, QueryParameter(max_length=200, description="Words to search for; small typos are forgiven")] = "",
    category: Annotated[
        str, QueryParameter(max_length=100, description="A category's key or slug, with all below it")
    ] = "",
    min_price_minor: Amount = None,
    max_price_minor: Amount = None,
    band: Annotated[
        list[Band] | None, QueryParameter(required=False, description="Availability; may be repeated")
    ] = None,
    attribute: Attributes = None,
    sort: Annotated[Sort, QueryParameter(description="Without words, relevance is popularity")] = Sort.RELEVANCE,
    page: Annotated[int, QueryParameter(ge=1, le=DEEPEST_HIT)] = 1,
    size: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT, description="Products per page")] = 24,
) -> Listing:
    """Return a page of products with facets. A page past the last one is empty."""
    desk = desk_of(request)
    found, spoken = market_and_language(desk.browse, desk.default_market, market, language)
    chosen = _category_key(request, spoken, category) if category else ""
    tag(request, keys.of_list(found, spoken, chosen))
    return await desk.browse.products(
        ListQuery(
            market=found.key,
            language=spoken,
            text=q.strip(),
            category=chosen,
            min_minor=min_price_minor,
            max_minor=max_price_minor,
            bands=tuple(sorted(set(band or ()))),
            attributes=_attributes(attribute or []),
            sort=sort,
            page=page,
            size=size,
        )
    )


def _category_key(request: HttpRequest, language: str, named: str) -> str:
    """Accept a category by key or by slug (also a slug of another language)."""
    browse = desk_of(request).browse
    by_slug = browse.category_by_slug(language, named)
    if isinstance(by_slug, Moved):
        by_slug = browse.category_by_slug(language, by_slug.slug)
    return by_slug.key if isinstance(by_slug, Found) else named


def _attributes(pairs: list[str]) -> tuple[tuple[str, str], ...]:
    chosen = []
    for pair in pairs:
        key, colon, value = pair.partition(":")
        if not (key and colon and value):
            msg = "An attribute filter is written key:value."
            raise BadInput(msg, fields={"attribute": "not of the form key:value"})
        chosen.append((key, value))
    if len(chosen) > _ATTRIBUTES_LIMIT:
        msg = f"At most {_ATTRIBUTES_LIMIT} attribute filters."
        raise BadInput(msg, fields={"attribute": "too many"})
    return tuple(sorted(set(chosen)))


@get(
    "/products/{slug:str}",
    tags=_TAG,
    opt=SHOWN,
    summary="One product",
    responses={
        200: ResponseSpec(
            ProductReply,
            generate_examples=False,
            description="The product with its offers",
            examples=example(examples.PRODUCT),
        ),
        308: ResponseSpec(None, generate_examples=False, description="Renamed: the product lies at Location now"),
        **problems(*READING),
    },
)
async def get_product(
    request: HttpRequest, slug: Slug, market: MarketKey = None, language: Language = None
) -> Response[bytes]:
    """Return a product by its slug. A slug of before a rename, or of another language, answers 308."""
    desk = desk_of(request)
    browse = desk.browse
    found, spoken = market_and_language(browse, desk.default_market, market, language)
    where = browse.product_by_slug(spoken, slug)
    if isinstance(where, Moved):
        now = browse.product_by_slug(spoken, where.slug)
        tag(request, keys.of(found, spoken, *([keys.product(UUID(now.key))] if isinstance(now, Found) else [])))
        return _moved(request, where.slug)
    product_id = browse.product_id(where.key) if isinstance(where, Found) else None
    if product_id is None:
        msg = "There is no such product."
        raise ProductNotFound(msg)
    tag(request, keys.of(found, spoken, keys.product(product_id), keys.offer(product_id, found.key)))
    document, offers = browse.document(product_id, spoken), browse.offers(product_id, found.key)
    body = b'{"product":' + document + b',"offers":' + msgspec.json.encode(offers) + b"}"
    return Response(body, media_type=MediaType.JSON)


def _moved(request: HttpRequest, slug: str) -> Response[bytes]:
    base = request.url.path.rpartition("/")[0]
    query = request.scope["query_string"].decode("latin-1")
    location = f"{base}/{quote(slug)}" + (f"?{query}" if query else "")
    return Response(b"", status_code=308, media_type=MediaType.TEXT, headers={"location": location})


@get("/categories/{slug:str}", tags=_TAG, opt=SHOWN, summary="One category", responses=problems(*READING))
async def get_category(
    request: HttpRequest, slug: Slug, market: MarketKey = None, language: Language = None
) -> CategoryView:
    """Return a category by key, or by slug in any language."""
    desk = desk_of(request)
    found, spoken = market_and_language(desk.browse, desk.default_market, market, language)
    tag(request, keys.of(found, spoken, keys.CATEGORIES))
    key = _category_key(request, spoken, slug)
    if not key:
        msg = "There is no such category."
        raise CategoryNotFound(msg)
    return desk.browse.category(key, spoken)


@get("/suggest", tags=_TAG, opt=HINT, summary="Suggestions while typing", responses=problems(*READING))
async def suggest(
    request: HttpRequest,
    q: Annotated[str, QueryParameter(max_length=200, description="What has been typed so far")] = "",
    market: MarketKey = None,
    language: Language = None,
) -> Suggestions:
    """Return what a half-typed text may become: words, products, categories."""
    desk = desk_of(request)
    found, spoken = market_and_language(desk.browse, desk.default_market, market, language)
    tag(request, keys.of_list(found, spoken, ""))
    return desk.browse.suggest(q, market=found.key, language=spoken)


ROUTES = [list_markets, list_categories, get_category, list_products, get_product, suggest]
