"""The engines of a test session."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict

import psycopg
import pytest

from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import ENVIRONMENT_KEY, scratch_database, shared_engines

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def own_engines() -> Iterator[Engines]:
    joined = os.environ.pop(ENVIRONMENT_KEY, None)
    try:
        with shared_engines() as engines:
            yield engines
    finally:
        if joined is not None:
            os.environ[ENVIRONMENT_KEY] = joined


def test_scratch_databases_are_apart_and_go_away(own_engines: Engines) -> None:
    with scratch_database(own_engines) as one, scratch_database(own_engines) as other:
        with psycopg.connect(one) as connection:
            connection.execute("create table here (id int)")
        with psycopg.connect(other) as connection:
            assert connection.execute("select to_regclass('here')").fetchone() == (None,)
        lingering = psycopg.connect(other)
    with psycopg.connect(own_engines.database_url) as connection:
        names = connection.execute("select datname from pg_database where datname like 'test_%'").fetchall()
    lingering.close()
    assert names == []


def test_a_scratch_database_can_be_a_copy(own_engines: Engines) -> None:
    with scratch_database(own_engines) as original:
        with psycopg.connect(original) as connection:
            connection.execute("create table here as select 42 as answer")
        with (
            scratch_database(own_engines, template=original.rpartition("/")[2]) as copy,
            psycopg.connect(copy) as connection,
        ):
            assert connection.execute("select answer from here").fetchone() == (42,)


def test_processes_that_inherit_the_environment_join(own_engines: Engines) -> None:
    program = (
        "import dataclasses, json; from springtide.platform.embedded.testing import shared_engines\n"
        "with shared_engines() as engines: print(json.dumps(dataclasses.asdict(engines)))"
    )
    output = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout
    assert json.loads(output) == asdict(own_engines)
