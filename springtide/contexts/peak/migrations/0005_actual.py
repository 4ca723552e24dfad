"""Sales before the rules of the history, and what people tell of a season."""

from springtide.platform.migrate import run_sql_beside

revision = "peak_0005"
down_revision = "peak_0004"
phase = "pre"


def upgrade() -> None:
    run_sql_beside(__file__)
