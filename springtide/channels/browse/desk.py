"""What a web process gives each of its channels. A channel is `create_app(desk) -> ASGI application`."""

from collections.abc import Sequence
from dataclasses import dataclass

from springtide.channels.browse.reader import Browse
from springtide.platform.caching import UNPURGED, Caching
from springtide.platform.wiring import Ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`ask` for contracts (everything that writes), `browse` for everything that is only looked at.

    `public_url`: where buyers reach the shop, without a trailing slash. `trusted_proxies`: addresses whose
    X-Forwarded-For is believed. `return_origins`: where else than to the shop itself a bank may send a buyer back to
    ("https://shop.example.org"): the origins of storefronts that are not ours. `caching`: what shared caches are told.
    `rehearsal_token`: who brings it places orders of the rehearsal's channel; "": nobody does.
    `assets_url`: where browsers fetch styles, scripts and pictures, without a trailing slash; "": from the shop itself.
    """

    ask: Ask
    browse: Browse
    public_url: str
    default_market: str
    trusted_proxies: Sequence[str] = ()
    return_origins: Sequence[str] = ()
    caching: Caching = UNPURGED
    assets_url: str = ""
    collects: bool = False
    rehearsal_token: str = ""
