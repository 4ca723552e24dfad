"""Varnish, Fastly and Cloudflare behind the port: one HTTP call each, written down as a table of differences."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from springtide.edge.purge.port import PurgeFailed
from springtide.platform.http_client import HttpAnswer, HttpClient, OutboundError

FASTLY_URL = "https://api.fastly.com"
CLOUDFLARE_URL = "https://api.cloudflare.com"
_DEADLINE_S = 5.0
_TOO_MANY = 429
_VARNISH_KEYS = 64  # with keys of up to about 50 bytes: a header well below Varnish's 8 KB
_FASTLY_KEYS = 256  # limits of the two CDNs, per call
_CLOUDFLARE_KEYS = 100


class Call(msgspec.Struct, frozen=True):
    """The request that makes a cache forget some keys."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None


class HttpEdge:
    """A cache that is purged by one HTTP call. `call` makes it, `is_done` reads the answer."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        keys_per_call: int,
        call: Callable[[Sequence[str]], Call],
        is_done: Callable[[HttpAnswer], bool] = lambda answer: answer.is_success,
    ) -> None:
        self.name = name
        self.keys_per_call = keys_per_call
        self._call = call
        self._is_done = is_done
        self._http = HttpClient(base_url=base_url, deadline_s=_DEADLINE_S)

    async def purge(self, keys: Sequence[str]) -> None:
        """See the port. A repeat is harmless, so a call without an answer has failed."""
        call = self._call(keys)
        try:
            answer = await self._http.request(call.method, call.path, headers=call.headers, content=call.body)
        except OutboundError as error:
            raise PurgeFailed(str(error)) from error
        if not self._is_done(answer):
            msg = f"answered {answer.status}: {answer.body[:200].decode('utf-8', 'replace')}"
            raise PurgeFailed(msg, _asked_to_wait_s(answer))

    async def close(self) -> None:
        """See the port."""
        await self._http.close()


def varnish(name: str, node_url: str, *, token: str) -> HttpEdge:
    """Return one Varnish node with the shop's VCL (deploy/varnish): PURGE with the keys in a header."""
    bearer = {"authorization": f"Bearer {token}"}

    def call(keys: Sequence[str]) -> Call:
        return Call("PURGE", "/", {**bearer, "surrogate-key": " ".join(keys)})

    return HttpEdge(name, node_url, keys_per_call=_VARNISH_KEYS, call=call)


def fastly(name: str, *, service: str, token: str, url: str = FASTLY_URL) -> HttpEdge:
    """Return a Fastly service: its batch purge, with the keys in a header."""
    own = {"fastly-key": token, "accept": "application/json"}

    def call(keys: Sequence[str]) -> Call:
        return Call("POST", f"/service/{service}/purge", {**own, "surrogate-key": " ".join(keys)})

    return HttpEdge(name, url, keys_per_call=_FASTLY_KEYS, call=call)


def cloudflare(name: str, *, zone: str, token: str, url: str = CLOUDFLARE_URL) -> HttpEdge:
    """Return a Cloudflare zone: its purge by tag. Cloudflare knows the keys from the header `Cache-Tag`."""
    own = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def call(keys: Sequence[str]) -> Call:
        body = msgspec.json.encode({"tags": list(keys)})
        return Call("POST", f"/client/v4/zones/{zone}/purge_cache", own, body)

    return HttpEdge(name, url, keys_per_call=_CLOUDFLARE_KEYS, call=call, is_done=_cloudflare_did)


class _CloudflareAnswer(msgspec.Struct):
    success: bool = False


def _cloudflare_did(answer: HttpAnswer) -> bool:
    """Tell whether the zone says so: errors may come with status 200."""
    try:
        return answer.is_success and msgspec.json.decode(answer.body, type=_CloudflareAnswer).success
    except msgspec.DecodeError:
        return False


def _asked_to_wait_s(answer: HttpAnswer) -> float:
    said = answer.headers.get("retry-after", "")
    return float(said) if answer.status == _TOO_MANY and said.isascii() and said.isdigit() else 0.0
