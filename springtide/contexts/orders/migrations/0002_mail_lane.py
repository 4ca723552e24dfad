"""Mails are sent in batches from their own table, not by a job each."""

from springtide.platform.migrate import run_sql_beside

revision = "orders_0002"
down_revision = "orders_0001"
phase = "pre"


def upgrade() -> None:
    run_sql_beside(__file__)
