"""What a deployment sells, asked of its shop API before the load begins."""

from random import Random
from typing import Any

from springtide.platform.http_client import HttpClient, OutboundError
from springtide.rehearsal.load.baskets import BasketFigures, popularity
from springtide.rehearsal.load.plan import Place
from springtide.rehearsal.load.problems import DeploymentAway, NothingToBuy, RehearsalRefused
from springtide.rehearsal.load.scenario import Scenario

TOKEN_HEADER = "Springtide-Rehearsal"  # noqa: S105 - the name of a header
_PAGE = 100
_MOST_PAGES = 50
_KEPT = 1_000
_WORDS = 40
_SHORTEST_WORD = 4
_DEADLINE_S = 10.0
_UNKNOWN_SKU = "REHEARSAL-KNOCKS"
_FORBIDDEN = 403


async def places_of(url: str, scenario: Scenario, figures: BasketFigures) -> tuple[Place, ...]:
    """Return every place of the scenario's markets; `DeploymentAway`, `NothingToBuy`."""
    async with HttpClient(base_url=url, deadline_s=_DEADLINE_S) as shop:
        markets = {row["key"]: row for row in await _got(shop, "/api/markets")}
        places: list[Place] = []
        for key, weight in scenario.markets.items():
            market = markets.get(key)
            if not weight or market is None or not market["shipping"]:
                continue
            spoken = scenario.languages.get(key) or dict.fromkeys(market["languages"], 1.0)
            languages = [name for name in market["languages"] if spoken.get(name)]
            places += [await _place(shop, market, language, figures) for language in languages]
    found = tuple(place for place in places if place.skus)
    if not found:
        msg = f"{url} shows nothing that can be bought in {', '.join(scenario.markets)}."
        raise NothingToBuy(msg, markets=list(scenario.markets))
    return found


async def require_welcome(url: str, token: str, place: Place) -> None:
    """Raise `RehearsalRefused` unless the deployment takes orders of a rehearsal with this token.

    Asked with a cart of a SKU that does not exist: who is welcome is refused for the SKU, and nothing comes of it.
    """
    body = (
        f'{{"market":"{place.market}","locale":"{place.language}","lines":[{{"sku":"{_UNKNOWN_SKU}","quantity":1}}]}}'
    ).encode()
    key = f"rehearsal-knock-{Random().getrandbits(96):024x}"  # noqa: S311 - a key, not a secret
    headers = {TOKEN_HEADER: token, "Idempotency-Key": key, "content-type": "application/json"}
    async with HttpClient(base_url=url, deadline_s=_DEADLINE_S) as shop:
        try:
            answer = await shop.request("POST", "/api/carts", headers=headers, content=body)
        except OutboundError as error:
            raise DeploymentAway(str(error)) from error
    if answer.status == _FORBIDDEN:
        said = answer.json().get("code", "")
        msg = (
            f"{url} takes no rehearsal with this token ({said}). Give its processes a SPRINGTIDE_REHEARSAL_TOKEN of at "
            "least 32 characters, and this command the same."
        )
        raise RehearsalRefused(msg, said=said)


async def _place(shop: HttpClient, market: dict[str, Any], language: str, figures: BasketFigures) -> Place:
    where = f"market={market['key']}&language={language}"
    cards: list[dict[str, Any]] = []
    for page in range(1, _MOST_PAGES + 1):
        listing = await _got(shop, f"/api/products?{where}&size={_PAGE}&page={page}")
        cards.extend(card for card in listing["cards"] if card["band"] != "sold_out")
        if page >= listing["pages"]:
            break
    weights = popularity(figures, [card["sku"] for card in cards])
    cards = sorted(cards, key=lambda card: -weights[card["sku"]])[:_KEPT]
    categories = await _got(shop, f"/api/categories?{where}")
    country = market["countries"][0]
    shipping = next(way for way in market["shipping"] if country in way["countries"] or not way["countries"])
    return Place(
        market=market["key"],
        language=language,
        prefix=f"/{language}-{market['key']}".lower(),
        country=country,
        shipping=shipping["key"],
        slugs=tuple(card["slug"] for card in cards),
        skus=tuple(card["sku"] for card in cards),
        weights=tuple(weights[card["sku"]] for card in cards),
        categories=tuple(row["slug"] for row in categories if row["products"]),
        words=_words(card["name"] for card in cards),
    )


def _words(names: Any) -> tuple[str, ...]:  # noqa: ANN401 - an iterable of what the API answered
    found: dict[str, None] = {}
    for name in names:
        found.update(
            dict.fromkeys(word.lower() for word in name.split() if len(word) >= _SHORTEST_WORD and word.isalpha())
        )
        if len(found) >= _WORDS:
            break
    return tuple(found)[:_WORDS]


async def _got(shop: HttpClient, path: str) -> Any:  # noqa: ANN401 - JSON
    try:
        answer = await shop.request("GET", path)
    except OutboundError as error:
        raise DeploymentAway(str(error)) from error
    if not answer.is_success:
        msg = f"{path} answered {answer.status}: is this a Springtide shop, and is it ready?"
        raise DeploymentAway(msg)
    return answer.json()
