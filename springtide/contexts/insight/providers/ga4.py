"""Google Analytics 4 by its Measurement Protocol: one event `purchase` per order, by transaction id.

`/mp/collect` answers 204 to whatever it is sent, also to what it then drops. So what is sent is made to the published
rules here, and the tests hold it against a receiver that judges as `/debug/mp/collect` does.
"""

import hashlib
from decimal import Decimal

import msgspec

from springtide.contexts.insight.providers.port import Purchase, Told
from springtide.platform.http_client import HttpClient, OutboundError
from springtide.platform.money import exponent

_DEADLINE_S = 10.0
_MOST_ITEMS = 200
_LONGEST_TEXT = 100
_SERVER_ERROR = 500
_TOO_MANY = 429


class Ga4:
    """One data stream. `measurement_id`: "G-…"."""

    name = "ga4"
    forgets_after_s = 71 * 3600
    """Events may be at most 72 hours old."""

    def __init__(self, *, measurement_id: str, api_secret: str, url: str) -> None:
        self._params = {"measurement_id": measurement_id, "api_secret": api_secret}
        self._http = HttpClient(base_url=url, deadline_s=_DEADLINE_S)

    async def tell(self, purchase: Purchase) -> tuple[Told, str]:
        """Send the purchase. No answer: again later, under the same transaction id, which the receiver counts once."""
        try:
            answer = await self._http.request(
                "POST",
                "/mp/collect",
                params=self._params,
                headers={"content-type": "application/json"},
                content=msgspec.json.encode(payload(purchase)),
            )
        except OutboundError as error:
            return Told.AGAIN, type(error).__name__
        if answer.is_success:
            return Told.DONE, ""
        said = f"answered {answer.status}"
        is_for_now = answer.status >= _SERVER_ERROR or answer.status == _TOO_MANY
        return (Told.AGAIN if is_for_now else Told.REFUSED), said

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()


def payload(purchase: Purchase) -> dict[str, object]:
    """Return the body: figures and SKUs; the client's id is made from the visit's hash and leads nowhere else."""
    digits = exponent(purchase.currency)
    items = [
        {
            "item_id": item.sku[:_LONGEST_TEXT],
            "quantity": item.quantity,
            "price": float(Decimal(item.gross_minor).scaleb(-digits) / max(1, item.quantity)),
        }
        for item in purchase.items[:_MOST_ITEMS]
    ]
    session = int(purchase.placed_at.timestamp())
    return {
        "client_id": client_id(purchase.visit),
        "timestamp_micros": int(purchase.placed_at.timestamp() * 1_000_000),
        "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
        "events": [
            {
                "name": "purchase",
                "params": {
                    "transaction_id": str(purchase.order_id),
                    "currency": purchase.currency,
                    "value": float(Decimal(purchase.total_minor).scaleb(-digits)),
                    "session_id": str(session),
                    "engagement_time_msec": 1,
                    "items": items,
                },
            }
        ],
    }


def client_id(visit: str) -> str:
    """Return two numbers, as Google's own ids look: the same for the same visit, another one tomorrow."""
    digest = hashlib.sha256(f"ga4:{visit}".encode()).digest()
    return f"{int.from_bytes(digest[:4])}.{int.from_bytes(digest[4:8])}"
