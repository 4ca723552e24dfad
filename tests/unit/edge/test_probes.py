"""What a process says of itself: to balancers, to Prometheus, to whoever asks over the bus."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec
import pytest

from springtide.edge.probes import Probes
from springtide.platform import health as health_module
from springtide.platform.errors import Forbidden, Unavailable
from springtide.platform.health import Health


class Engine:
    """Something a process stands on."""

    def __init__(self) -> None:
        self.away = ""
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        if self.away:
            raise Unavailable(self.away)


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> Health:
    monkeypatch.setattr(health_module, "_KNOWN_FOR_S", 0.0)
    return Health(("orders", "checkout"))


def asking(app: Probes) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://process")


async def test_a_process_is_ready_while_what_is_vital_answers(health: Health) -> None:
    vital, told = Engine(), Engine()
    health.add("database", vital.check)
    health.add("bus", told.check, vital=False)
    async with asking(Probes(health)) as http:
        assert (await http.get("/readyz")).status_code == 200
        told.away = "The bus does not answer."
        assert (await http.get("/readyz")).status_code == 200
        vital.away = "The database does not answer."
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "not_ready", "1")
        assert answer.json()["facts"] == {"checks": {"database": "The database does not answer."}}
        assert (await http.get("/healthz")).status_code == 200
    report = await health.report()
    assert (report.ready, report.roles) == (False, ("checkout", "orders"))
    assert report.checks == {"database": "The database does not answer.", "bus": "The bus does not answer."}


async def test_a_process_that_leaves_is_alive_and_not_ready(health: Health) -> None:
    health.draining = True
    async with asking(Probes(health)) as http:
        assert (await http.get("/readyz")).status_code == 503
        assert (await http.get("/healthz")).status_code == 200
    assert ((await health.report()).ready, (await health.report()).draining) == (False, True)


async def test_an_engine_that_never_answers_is_given_up(health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "_CHECKED_WITHIN_S", 0.02)
    health.add("database", asyncio.Event().wait)  # type: ignore[arg-type]  # it never returns
    assert (await health.report()).checks["database"].startswith("no answer")


async def test_whoever_asks_all_the_time_gets_what_was_said_just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    health, engine = Health(("web",)), Engine()
    health.add("database", engine.check)
    for _ in range(5):
        await health.require_ready()
    assert engine.asked == 1


async def test_metrics_and_the_application_behind(health: Health) -> None:
    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with asking(Probes(health)) as http:
        assert "springtide_contract_call_seconds" in (await http.get("/metrics")).text
        assert (await http.get("/anything")).json()["code"] == "not_found"
        assert (await http.get("/healthz/deep")).status_code == 404
    async with asking(Probes(health, behind)) as http:
        assert (await http.get("/anything")).status_code == 204


class Bought(msgspec.Struct):
    took_ms: int


async def test_the_deep_check_is_asked_with_the_headers_and_refuses_by_name(health: Health) -> None:
    async def deep(headers: Mapping[str, str]) -> Bought:
        if headers.get("springtide-health-token") != "s":
            msg = "no"
            raise Forbidden(msg)
        return Bought(7)

    async with asking(Probes(health, deep=deep)) as http:
        assert (await http.get("/healthz/deep")).json()["code"] == "forbidden"
        answer = await http.get("/healthz/deep", headers={"Springtide-Health-Token": "s"})
        assert answer.json() == {"took_ms": 7}
