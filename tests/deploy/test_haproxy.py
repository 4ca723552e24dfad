"""The shipped configuration in Debian's HAProxy, in front of web processes that say what the test wants."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx2
import pytest
from fakes.daemons import wait_for
from fakes.haproxy import FOLDER, SHIPPED, Doors, haproxy, haproxy_command
from fakes.serving import free_port
from fakes.upstream import Asked, Said, Upstream, upstream

READ, WRITE = "/en-gb/", "/api/carts"
KEY = {"Idempotency-Key": "k" * 24}
HTTP = httpx2.Client(timeout=20, limits=httpx2.Limits(max_keepalive_connections=0))  # each request: another visitor


@dataclass(slots=True)
class Front:
    """HAProxy over two web processes, one cache and one back office."""

    doors: Doors
    webs: list[Upstream]
    cache: Upstream
    office: Upstream

    def answer_all(self, answer: Callable[[Asked], Said]) -> None:
        for web in self.webs:
            web.answer = answer

    def asked(self) -> int:
        return sum(len(web.asked) for web in self.webs)


@pytest.fixture(scope="module")
def running() -> Iterator[Front]:
    with upstream() as one, upstream() as two, upstream() as cache, upstream() as office:
        offices = [office.port]
        with haproxy([one.port, two.port], caches=[cache.port], offices=offices, more="maxconn 2", queue=2) as doors:
            yield Front(doors, [one, two], cache, office)


@pytest.fixture
def front(running: Front) -> Front:
    for web in (*running.webs, running.cache, running.office):
        web.asked.clear()
        web.connections = 0
        web.answer = lambda _: Said()
        web.is_ready = True
    wait_for(lambda: states(running.doors) == {"UP"}, what=lambda: states(running.doors))
    return running


def states(doors: Doors, *, backend: str = "") -> set[str]:
    """What HAProxy thinks of its servers."""
    rows = [line.split(",") for line in HTTP.get(f"{doors.figures}/;csv").text.splitlines()[1:]]
    return {row[17] for row in rows if row[1] not in {"FRONTEND", "BACKEND"} and row[0].startswith(backend)}


@pytest.mark.parametrize("servers", ["servers.cfg", "servers-kubernetes.cfg"])
def test_the_shipped_files_are_understood(servers):
    environment = {**os.environ, "SPRINGTIDE_BIND": "127.0.0.1:80", "SPRINGTIDE_OFFICE_BIND": "127.0.0.1:81"}
    command = (haproxy_command(), "-c", "-f", str(SHIPPED), "-f", str(FOLDER / servers))
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)

    assert told.returncode == 0, told.stderr
    assert "WARNING" not in told.stderr


def test_what_is_looked_at_comes_from_the_caches_and_without_them_from_the_shop(front):
    assert HTTP.get(front.doors.shop + READ).status_code == 200
    assert (len(front.cache.asked), front.asked()) == (1, 0)

    front.cache.is_ready = False
    wait_for(lambda: "DOWN" in states(front.doors, backend="caches"))
    for _ in range(4):
        assert HTTP.get(front.doors.shop + READ, headers={"Cookie": "session=same"}).status_code == 200

    assert [len(web.asked) for web in front.webs] == [2, 2]


def test_a_process_that_is_about_to_stop_gets_nothing_new_and_finishes_what_it_has(front):
    leaving, staying = front.webs
    may_answer = threading.Event()
    leaving.answer = lambda _: Said(body=str(may_answer.wait(timeout=20)).encode())
    with ThreadPoolExecutor() as pool:
        under_way = [pool.submit(HTTP.post, front.doors.shop + WRITE, headers=KEY) for _ in range(2)]
        wait_for(lambda: front.asked() == 2 and len(leaving.asked) == 1)
        leaving.is_ready = False
        wait_for(lambda: "DOWN" in states(front.doors, backend="reads"))
        for _ in range(6):
            assert HTTP.post(front.doors.shop + WRITE).status_code == 200
        may_answer.set()
        answers = [future.result() for future in under_way]

    assert {answer.status_code for answer in answers} == {200}
    assert b"True" in {answer.content for answer in answers}
    assert (len(leaving.asked), len(staying.asked)) == (1, 7)


@pytest.mark.parametrize(
    ("method", "headers", "answered"),
    [("POST", KEY, (200, 2)), ("POST", {}, (502, 1)), ("PUT", {}, (502, 1))],
    ids=["write with a key", "write without", "put without"],
)
def test_a_write_that_broke_half_way_is_asked_again_only_with_its_key(front, method, headers, answered):
    front.answer_all(lambda _: Said(hang_up=front.asked() == 1))

    status = HTTP.request(method, front.doors.shop + WRITE, headers=headers, content=b"{}").status_code

    assert (status, front.asked()) == answered


def test_looking_is_asked_again_when_it_broke(front):
    front.cache.is_ready = False
    wait_for(lambda: "DOWN" in states(front.doors, backend="caches"))
    front.answer_all(lambda _: Said(hang_up=front.asked() == 1))

    assert HTTP.get(front.doors.shop + READ).status_code == 200
    assert front.asked() == 2


def test_a_process_that_does_not_listen_costs_no_write():
    with upstream() as alive, haproxy([free_port(), alive.port]) as doors:
        answers = {HTTP.post(doors.shop + WRITE).status_code for _ in range(4)}

        assert answers == {200}
        assert len(alive.asked) == 4


def test_an_answer_of_come_back_is_not_asked_elsewhere(front):
    front.answer_all(lambda _: Said(status=503, headers={"Retry-After": "1"}))

    assert HTTP.post(front.doors.shop + WRITE, headers=KEY).headers["retry-after"] == "1"
    assert front.asked() == 1


def test_connections_to_the_processes_are_shared_by_visitors(front):
    for _ in range(30):
        assert HTTP.get(front.doors.shop + READ).status_code == 200  # a connection of its own each

    assert len(front.cache.asked) == 30
    assert front.cache.connections <= 2


def test_a_write_goes_to_the_process_with_the_least_to_do(front):
    busy, idle = front.webs
    may_answer = {web.port: threading.Event() for web in front.webs}
    for web in front.webs:
        web.answer = lambda _, its=may_answer[web.port]: Said(body=str(its.wait(timeout=20)).encode())
    with ThreadPoolExecutor() as pool:
        slow = [pool.submit(HTTP.post, front.doors.shop + WRITE) for _ in range(4)]
        wait_for(lambda: (len(busy.asked), len(idle.asked)) == (2, 2))
        may_answer[idle.port].set()
        wait_for(lambda: at_work(front.doors) == {f"web{busy.port}": 2, f"web{idle.port}": 0})
        for _ in range(5):
            assert HTTP.post(front.doors.shop + WRITE).status_code == 200
        may_answer[busy.port].set()
        assert {future.result().status_code for future in slow} == {200}

    assert (len(busy.asked), len(idle.asked)) == (2, 7)


def at_work(doors: Doors) -> dict[str, int]:
    """How many writes each process has, as HAProxy counts them."""
    rows = [line.split(",") for line in HTTP.get(f"{doors.figures}/;csv").text.splitlines()[1:]]
    return {row[1]: int(row[4]) for row in rows if row[0] == "writes" and row[1] != "BACKEND"}


def test_the_queue_has_an_end_and_says_when_to_come_back(front):
    may_answer = threading.Event()
    front.answer_all(lambda _: Said(body=str(may_answer.wait(timeout=20)).encode()))
    with ThreadPoolExecutor() as pool:
        at_work = [pool.submit(HTTP.post, front.doors.shop + WRITE) for _ in range(4)]
        wait_for(lambda: front.asked() == 4)
        waiting = [pool.submit(HTTP.post, front.doors.shop + WRITE) for _ in range(2)]
        wait_for(lambda: queued(front.doors) == 2)

        refused = HTTP.post(front.doors.shop + WRITE)

        may_answer.set()
        assert {future.result().status_code for future in (*at_work, *waiting)} == {200}
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "overloaded"
    assert front.asked() == 6


def queued(doors: Doors) -> int:
    rows = [line.split(",") for line in HTTP.get(f"{doors.figures}/;csv").text.splitlines()[1:]]
    return sum(int(row[2]) for row in rows if row[:2] == ["writes", "BACKEND"])


def test_what_a_visitor_claims_about_the_way_here_is_forgotten(front):
    claimed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    for origin, path in ((front.doors.shop, WRITE), (front.doors.office, "/orders")):
        HTTP.post(origin + path, headers=claimed)

    (shop,) = [asked for web in front.webs for asked in web.asked]
    (office,) = front.office.asked
    assert (shop.headers["x-forwarded-for"], shop.headers["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert office.headers["x-forwarded-for"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PURGE", "/", 405), ("BAN", "/", 405), ("GET", "/metrics", 404), ("GET", "/healthz/deep", 404)],
)
def test_what_is_for_the_inside_stays_inside(front, method, path, status):
    assert HTTP.request(method, front.doors.shop + path).status_code == status
    assert front.asked() + len(front.cache.asked) == 0


def test_staff_have_a_door_and_processes_of_their_own(front):
    front.answer_all(lambda _: Said(status=500))

    assert HTTP.post(f"{front.doors.office}/orders").status_code == 200
    assert (len(front.office.asked), front.asked()) == (1, 0)


def test_figures_are_there_for_prometheus_and_on_this_machine_only(front):
    assert "haproxy_backend_http_responses_total" in HTTP.get(f"{front.doors.figures}/metrics").text
    assert "presetenv SPRINGTIDE_STATS_BIND 127.0.0.1:8404" in SHIPPED.read_text()
