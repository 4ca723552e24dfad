"""Connections are added up before they are opened, and a process that cannot have its own does not start."""

import argparse

import pytest

from springtide.bootstrap.connections import require_connections, shares_of
from springtide.commands.database_command import run as run_database
from springtide.commands.serve_command import run as run_serve
from springtide.commands.up_command import processes_of
from springtide.platform import budget
from springtide.platform.budget import ConnectionsDoNotFit, Room
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import database_url
from springtide.settings import CONTEXTS, Settings
from tests.conftest import SECRET, template_database

EVERYTHING = frozenset({"web", *CONTEXTS, "jobs"})


@pytest.fixture
def settings(engines: Engines) -> Settings:
    url = database_url(engines, template_database(engines, ["orders"]))
    return Settings(database_url=url, nats_url=engines.nats_url, secret_key=SECRET)


def _small(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(budget, "room_of", lambda url, with_use=False: Room(most=most, reserved=3))


def test_springtide_up_needs_at_most_forty() -> None:
    shares = [share for _, roles, own in processes_of(Settings()) for share in shares_of(own, roles)]
    assert sum(share.server for share in shares) + 1 <= 40  # and one for maintenance


def test_pools_count_batches_and_workers_too() -> None:
    by_context = {share.context: share for share in shares_of(Settings(database_connections=5), EVERYTHING)}
    assert (by_context["orders"].pool, by_context["orders"].batches, by_context["orders"].jobs) == (5, 1, 0)
    assert (by_context["customers"].pool, by_context["customers"].batches, by_context["customers"].jobs) == (4, 0, 1)
    assert by_context["orders"].server == 6
    assert (by_context["catalog"].pool, by_context["insight"].pool) == (2, 2)  # no page of the shop waits for them
    assert by_context["orders"].replica == 0


def test_replica_and_pooler_are_no_connections_of_the_server() -> None:
    behind = Settings(database_pooler="transaction", replica_url="postgresql://a:b@c/d")
    assert {share.server for share in shares_of(behind, EVERYTHING)} == {0}
    assert {share.replica for share in shares_of(behind, EVERYTHING)} == {2, 3, 4}


def test_process_that_does_not_fit_says_so_and_does_not_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _small(monkeypatch, 20)
    with pytest.raises(ConnectionsDoNotFit) as refused:
        require_connections(settings, EVERYTHING)
    wanted = sum(share.server for share in shares_of(settings, EVERYTHING))
    assert (refused.value.facts["wanted"], refused.value.facts["room"]) == (wanted, 17)
    assert run_serve(settings, argparse.Namespace(roles=sorted(EVERYTHING))) == 1
    line = capsys.readouterr().err
    assert f"may open {wanted} connections" in line
    assert SECRET not in line
    assert len(line.splitlines()) == 1
    _small(monkeypatch, wanted + 3)
    require_connections(settings, EVERYTHING)


def test_database_that_is_away_stops_no_start() -> None:
    away = Settings(database_url="postgresql://a:b@127.0.0.1:1/shop", nats_url="x", secret_key=SECRET)
    require_connections(away, EVERYTHING)


def test_budget_is_printed_with_what_is_in_use(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    words = argparse.Namespace(database_command="budget", processes=["web*3", "orders+payments*2"])
    assert run_database(settings, words) == 0
    text = capsys.readouterr().out
    assert "orders+payments x 2" in text
    assert "at most 21 connections (with one for maintenance)" in text  # 2 x (4 + 1) of each, and one
    assert "springtide-budget (active)" in text
    assert "200, 3 reserved: fits" in text


def test_budget_that_does_not_fit_ends_with_1(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    words = argparse.Namespace(database_command="budget", processes=["orders*100"])
    assert run_database(settings, words) == 1
    assert "DOES NOT FIT" in capsys.readouterr().out


def test_words_that_are_no_processes_are_refused(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("wep", "web*many", "web+"):
        assert run_database(settings, argparse.Namespace(database_command="budget", processes=[word])) == 1
        assert word in capsys.readouterr().err
