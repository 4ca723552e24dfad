"""What a process says about itself at /metrics, boiled down to what scaling and a canary need."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

_WITHIN_S = 2.0
_MOST_BYTES = 4_000_000
_HTTP = "springtide_http_request_seconds"
_CALLS = "springtide_contract_call_seconds"
_BROKEN_CALLS = frozenset({"unavailable", "internal"})
_SERVER_ERROR = "5"
_OK = b"200"


@dataclass(frozen=True, slots=True)
class Figures:
    """Counted since a process started: what it answered, how much of that were failures of ours, and the seconds."""

    answered: float = 0.0
    failed: float = 0.0
    seconds: float = 0.0

    def since(self, before: "Figures") -> "Figures":
        """Return what was added; a process that was started again counts from its start."""
        if self.answered < before.answered:
            return self
        return Figures(self.answered - before.answered, self.failed - before.failed, self.seconds - before.seconds)

    def and_also(self, other: "Figures") -> "Figures":
        """Return both together."""
        return Figures(self.answered + other.answered, self.failed + other.failed, self.seconds + other.seconds)

    @property
    def failed_share(self) -> float:
        """Return the share of failures, 0 to 1."""
        return self.failed / self.answered if self.answered else 0.0

    @property
    def mean_s(self) -> float:
        """Return the mean time to an answer."""
        return self.seconds / self.answered if self.answered else 0.0


async def figures_of(host: str, port: int, *, of_http: bool) -> Figures | None:
    """Ask a process; None when it does not answer. `of_http`: its requests, otherwise its contract calls."""
    text = await _metrics(host, port)
    return None if text is None else read(text, of_http=of_http)


def read(text: str, *, of_http: bool) -> Figures:
    """Return the figures in a text of Prometheus' format."""
    wanted, answered, failed, seconds = _HTTP if of_http else _CALLS, 0.0, 0.0, 0.0
    for family in text_string_to_metric_families(text):
        if family.name != wanted:
            continue
        for sample in family.samples:
            if sample.name == f"{wanted}_sum":
                seconds += sample.value
            elif sample.name == f"{wanted}_count":
                answered += sample.value
                failed += sample.value if _is_failure(sample.labels) else 0.0
    return Figures(answered, failed, seconds)


def _is_failure(labels: dict[str, str]) -> bool:
    return labels.get("status", "").startswith(_SERVER_ERROR) or labels.get("outcome", "") in _BROKEN_CALLS


async def _metrics(host: str, port: int) -> str | None:
    try:
        async with asyncio.timeout(_WITHIN_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                answer = await reader.read(_MOST_BYTES)
                while block := await reader.read(_MOST_BYTES):
                    answer += block
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    return body.decode("utf-8", errors="replace") if head.split(b" ", 2)[1:2] == [_OK] else None


def memory_mib(pid: int) -> float:
    """Return the proportional share of memory of a process in MiB, 0.0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
