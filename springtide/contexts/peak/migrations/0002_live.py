"""Plans kept as the files they were frozen in, what was sold, and what is made of both."""

from springtide.platform.migrate import run_sql_beside

revision = "peak_0002"
down_revision = "peak_0001"
phase = "pre"


def upgrade() -> None:
    run_sql_beside(__file__)
