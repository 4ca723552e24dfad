"""Measured runs, attachments, and evidence that can be withdrawn."""

from springtide.platform.migrate import run_sql_beside

revision = "peak_0003"
down_revision = "peak_0002"
phase = "pre"


def upgrade() -> None:
    run_sql_beside(__file__)
