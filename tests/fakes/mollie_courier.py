"""How Mollie calls webhooks: POST with a form that holds nothing but the payment's id, and again until it is taken."""

import queue
import threading
import time
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import httpx2

TIMEOUT_S = 15.0
TRIES_LIMIT = 10
RETRY_AFTER_S = 0.2  # minutes and hours in real life


class Delivery(NamedTuple):
    """A call that was made; status None: nobody answered."""

    url: str
    body: bytes
    status: int | None


def message_of(url: str, payment_id: str) -> tuple[dict[str, str], bytes]:
    """Headers, with the address as a server sees it, and body of the call about a payment."""
    parts = urlsplit(url)
    headers = {
        ":path": f"{parts.path}?{parts.query}" if parts.query else parts.path,
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": "Mollie HTTP client/1.0",
    }
    return headers, f"id={payment_id}".encode()


class Courier:
    """Calls webhooks from a thread of its own. ``mode``: how often each change is told."""

    def __init__(self) -> None:
        self.mode: Literal["once", "twice", "never"] = "once"
        self.deliveries: list[Delivery] = []
        self._waiting: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def tell(self, url: str | None, payment_id: str) -> None:
        """Have a webhook called, as ``mode`` says."""
        for _ in range({"once": 1, "twice": 2, "never": 0}[self.mode] if url else 0):
            self._waiting.put((str(url), payment_id))

    def call(self, url: str, payment_id: str) -> bool:
        """Call a webhook now; tells whether it was taken."""
        headers, body = message_of(url, payment_id)
        del headers[":path"]
        try:
            with httpx2.Client(trust_env=False, timeout=TIMEOUT_S) as client:
                status: int | None = client.post(url, content=body, headers=headers).status_code
        except httpx2.HTTPError:
            status = None
        self.deliveries.append(Delivery(url, body, status))
        return status is not None and 200 <= status < 300

    def _run(self) -> None:
        while True:
            url, payment_id = self._waiting.get()
            threading.Thread(target=self._insist, args=(url, payment_id), daemon=True).start()

    def _insist(self, url: str, payment_id: str) -> None:
        for _ in range(TRIES_LIMIT):
            if self.call(url, payment_id):
                return
            time.sleep(RETRY_AFTER_S)
