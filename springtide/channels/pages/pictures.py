"""Pictures drawn by us, for products without a photograph: one quiet composition per category, varied by the SKU.

A picture is a pure function of SKU and category, so any process draws it, an address never changes its bytes, and
caches may keep it for ever. Two colours from a fixed palette on a pale ground; never a letter, never a number.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import msgspec
from litestar import Response, get

from springtide.platform.caching import FOREVER
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest

STYLE = 1
"""Rises when drawings change: it is part of every address."""

PALETTE: tuple[tuple[str, str, str], ...] = (
    ("#0a6c74", "#d98f5c", "#e9efeb"),
    ("#355070", "#e0b15b", "#ecebe6"),
    ("#7a4e5a", "#d9b08c", "#f1e9e4"),
    ("#4f6d50", "#d8b74f", "#ebede2"),
    ("#9a5b3f", "#3f7f83", "#f2ebe2"),
    ("#5b5f8c", "#d79a8a", "#ebebf0"),
    ("#2f5d62", "#c9a66b", "#e7edea"),
    ("#8a6d3b", "#5a8f7b", "#f0ece0"),
    ("#6b4c6e", "#c3a04f", "#efe9ee"),
    ("#3d6b8f", "#cf8a6b", "#e8edf1"),
)
"""(first colour, second colour, ground)."""


class Shapes(msgspec.Struct, frozen=True):
    """The drawings in `shapes.json`, each in a box of 100 by 100 around (50, 50): by category, and `plain` ones for
    categories nobody has drawn for yet. fill='A' and fill='B' are the picture's two colours, fill='G' its ground;
    s='A' is a stroke in that colour.
    """

    categories: dict[str, str]
    plain: tuple[str, ...]


SHAPES = msgspec.json.decode((Path(__file__).parent / "shapes.json").read_bytes(), type=Shapes)
_TEXT_LIMIT = 80
_BACKGROUNDS = (
    "",
    "<circle cx='50' cy='50' r='44' fill='{tint}'/>",
    "<path d='M0 68h100v32H0z' fill='{tint}'/>",
    "<path d='M0 100 100 0v100z' fill='{tint}'/>",
    "<circle cx='86' cy='16' r='26' fill='{tint}'/>",
    "<path d='M50 0h50v100H50z' fill='{tint}'/>",
)


def address(sku: str, category: str) -> str:
    """Return where the picture of a SKU is served."""
    return f"/media/drawn/{quote(sku, safe='')}.svg?of={quote(category, safe='')}&style={STYLE}"


@lru_cache(maxsize=4_096)
def draw(sku: str, category: str) -> str:
    """Return the picture as SVG, 100 by 100 units, under 2 KB."""
    dice = hashlib.sha256(f"{sku}/{category}".encode()).digest()
    first, second, ground = PALETTE[dice[0] % len(PALETTE)]
    if dice[1] % 3 == 0:
        first, second = second, first
    turn = dice[2] % 13 - 6
    size = 72 + dice[3] % 9
    flip = -1 if dice[4] % 2 else 1
    behind = _BACKGROUNDS[dice[5] % len(_BACKGROUNDS)].format(tint=_mixed(ground, second, 0.16))
    shape = _coloured(_shape(category), first, second, ground)
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100' width='480' height='480'>"
        f"<path d='M0 0h100v100H0z' fill='{ground}'/>{behind}"
        f"<g transform='translate(50 50) rotate({turn}) scale({flip * size / 100:.2f} {size / 100:.2f})"
        f" translate(-50 -50)'>{shape}</g></svg>"
    )


def _shape(category: str) -> str:
    known = SHAPES.categories.get(category)
    if known is not None:
        return known
    return SHAPES.plain[hashlib.sha256(category.encode()).digest()[0] % len(SHAPES.plain)]


def _coloured(shape: str, first: str, second: str, ground: str) -> str:
    for letter, colour in (("A", first), ("B", second), ("G", ground)):
        shape = shape.replace(f"fill='{letter}'", f"fill='{colour}'").replace(f" s='{letter}'", f" stroke='{colour}'")
    return shape


def _mixed(ground: str, colour: str, share: float) -> str:
    """Return `ground` with a share of `colour`."""
    pairs = [(int(ground[at : at + 2], 16), int(colour[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(low + (high - low) * share):02x}" for low, high in pairs)


@get("/media/drawn/{name:str}", include_in_schema=False, opt=FOREVER)
async def drawn_picture(request: HttpRequest) -> Response[str]:
    """Serve a drawn picture; the query's `of` is the category."""
    name: str = request.path_params["name"]
    category = request.query_params.get("of", "")
    if not name.endswith(".svg") or len(name) > _TEXT_LIMIT or len(category) > _TEXT_LIMIT:
        msg = "There is no such picture."
        raise NotFound(msg)
    svg = draw(name.removesuffix(".svg"), category)
    return Response(svg, media_type="image/svg+xml")
