"""A switch per gateway, with its history."""

from springtide.platform.migrate import run_sql_beside

revision = "payments_0002"
down_revision = "payments_0001"
phase = "pre"


def upgrade() -> None:
    run_sql_beside(__file__)
