"""Migrations: by phase, once, under short limits, and with roles that may do no more than they need."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from springtide.platform import migrate as migrate_module
from springtide.platform.database_roles import owner_role, runtime_url
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import scratch_database
from springtide.platform.migrate import MigrationFailed, migrate, prepare_schema
from tests.context.platform.probe import MIGRATIONS, PROBE, SECRET, roles_locked

LATER = """
from springtide.platform.migrate import run_sql_beside
revision = "probe_0003"
down_revision = "probe_0002"
phase = "pre"
def upgrade() -> None:
    run_sql_beside(__file__)
"""


@pytest.fixture
def url(engines: Engines) -> Iterator[str]:
    with scratch_database(engines) as made:
        with roles_locked(engines):
            prepare_schema(made, SECRET, PROBE)
        yield made


@pytest.fixture
def further(tmp_path: Path) -> Path:
    """The probe's migrations and one more, `0003_next.sql`, for the test to write."""
    for file in MIGRATIONS.glob("0*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "0003_next.py").write_text(LATER)
    return tmp_path


def columns(url: str) -> set[str]:
    query = "select column_name from information_schema.columns where table_schema = %s and table_name = 'fact'"
    with psycopg.connect(url) as connection:
        return {str(row[0]) for row in connection.execute(query, [PROBE])}


def test_second_run_applies_nothing(url: str) -> None:
    assert migrate(url, PROBE, MIGRATIONS) == ["probe_0001", "probe_0002"]
    assert migrate(url, PROBE, MIGRATIONS) == []


def test_what_belongs_after_the_old_release_waits(url: str) -> None:
    assert migrate(url, PROBE, MIGRATIONS, phases=["pre"]) == ["probe_0001"]
    assert columns(url) == {"id", "value", "version"}
    assert migrate(url, PROBE, MIGRATIONS, phases=["pre"]) == []
    assert migrate(url, PROBE, MIGRATIONS, phases=["post"]) == ["probe_0002"]
    assert "note" in columns(url)


def test_a_later_revision_never_overtakes_one_that_waits(url: str, further: Path) -> None:
    (further / "0003_next.sql").write_text("alter table fact add column more int;")
    assert migrate(url, PROBE, further, phases=["pre"]) == ["probe_0001"]
    assert "more" not in columns(url)


def test_lock_that_is_not_free_fails_the_migration_and_a_retry_works(
    url: str, further: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate_module, "LOCK_TIMEOUT", "200ms")
    (further / "0003_next.sql").write_text("alter table fact add column more int;")
    migrate(url, PROBE, MIGRATIONS)
    with psycopg.connect(url) as buyer:
        buyer.execute("lock table probe.fact in access share mode")
        with pytest.raises(MigrationFailed, match="lock timeout") as failed:
            migrate(url, PROBE, further)
    assert failed.value.facts == {"context": PROBE, "revision": "probe_0003"}
    assert "more" not in columns(url)
    assert migrate(url, PROBE, further) == ["probe_0003"]


def test_statement_that_takes_too_long_fails_the_migration(
    url: str, further: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate_module, "STATEMENT_TIMEOUT", "200ms")
    (further / "0003_next.sql").write_text("alter table fact add column more int; select pg_sleep(60);")
    migrate(url, PROBE, MIGRATIONS)
    with pytest.raises(MigrationFailed, match="statement timeout"):
        migrate(url, PROBE, further)
    assert "more" not in columns(url)


def test_limits_are_those_of_the_design() -> None:
    assert (migrate_module.LOCK_TIMEOUT, migrate_module.STATEMENT_TIMEOUT) == ("4s", "5s")


def test_owner_cannot_log_in_and_runtime_password_follows_the_secret(url: str) -> None:
    with psycopg.connect(url) as connection:
        row = connection.execute("select rolcanlogin from pg_roles where rolname = %s", [owner_role(PROBE)]).fetchone()
        assert row == (False,)
    with psycopg.connect(runtime_url(url, SECRET, PROBE)):
        pass
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(runtime_url(url, "another-secret-key-0123456789abcdef", PROBE))
