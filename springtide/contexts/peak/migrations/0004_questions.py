"""Questions to the numerics, and their answers."""

from springtide.platform.migrate import run_sql_beside

revision = "peak_0004"
down_revision = "peak_0003"
phase = "pre"


def upgrade() -> None:
    run_sql_beside(__file__)
