"""What each payments process sees of each gateway."""

from springtide.platform.migrate import run_sql_beside

revision = "payments_0004"
down_revision = "payments_0003"
phase = "pre"


def upgrade() -> None:
    run_sql_beside(__file__)
