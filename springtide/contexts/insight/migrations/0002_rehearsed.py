"""Rehearsed orders are counted beside those that were sold."""

from springtide.platform.migrate import run_sql_beside

revision = "insight_0002"
down_revision = "insight_0001"
phase = "pre"


def upgrade() -> None:
    run_sql_beside(__file__)
