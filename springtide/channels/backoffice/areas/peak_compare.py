"""Two plans side by side: what went in differently, and what came out."""

from uuid import UUID

from litestar import get

from springtide.channels.backoffice.peak.page import desk_page, speech_of
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.views.common import Head
from springtide.channels.backoffice.peak.views.compare import figure_rows, setting_rows, waterfalls
from springtide.channels.backoffice.visit import Reply, enter
from springtide.contracts.peak.api import READ
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest


@get("/peak/compare")
async def show_comparison(request: HttpRequest) -> Reply:
    """Show why a number changed between the plans `before` and `after`."""
    visit = await enter(request, READ)
    comparison = await visit.office.peak.compare_plans(
        caller=visit.caller,
        before_id=_id(visit.query.get("before", "")),
        after_id=_id(visit.query.get("after", "")),
    )
    head = await whole(visit, comparison.after.id, "head", Head)
    speech = speech_of(visit, head.currency) if head else speech_of(visit)
    return desk_page(
        visit,
        "peak/compare.html",
        speech,
        found=comparison,
        falls=await waterfalls(visit, comparison.before.id, comparison.after.id, speech),
        rows=figure_rows(comparison.figures, speech),
        settings=setting_rows(comparison.settings, speech),
        same=not (
            comparison.settings or comparison.documents or comparison.overrides_added or comparison.overrides_gone
        ),
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        message = "Choose two plans from the list of plans."
        raise NotFound(message) from None


ROUTES = (show_comparison,)
