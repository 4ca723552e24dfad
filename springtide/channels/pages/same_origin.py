"""Protection of forms against other sites (CSRF), without tokens, so that pages can be the same for everybody.

Two locks: session and cart cookies are SameSite=Lax, so no browser sends them with another site's POST; and a browser
says where a POST comes from (`Sec-Fetch-Site`, else `Origin`): anything but this very origin is refused. A request that
says neither comes from no browser of the last years; it can carry no cookie of ours that it does not own.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from springtide.platform.errors import Forbidden


class ForeignForm(Forbidden):
    """The form was sent from another site."""

    code = "foreign_form"


def require_same_origin(headers: Mapping[str, str], public_url: str) -> None:
    """Raise `ForeignForm` when a browser says that the POST comes from elsewhere. `headers` by lower-case name."""
    site = headers.get("sec-fetch-site", "")
    if site in {"same-origin", "none"}:
        return
    origin = headers.get("origin", "")
    ours = {urlsplit(public_url).netloc, headers.get("host", "")}
    if site or (origin and urlsplit(origin).netloc not in ours):
        msg = "This form was sent from another site, so nothing was done."
        raise ForeignForm(msg)
