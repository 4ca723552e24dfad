"""First schema: counts, visits that agreed to it, purchases on their way out, what monitors say."""

from springtide.platform.migrate import run_kernel, run_sql_beside

revision = "insight_0001"
down_revision = None
phase = "pre"


def upgrade() -> None:
    run_kernel("0001")
    run_sql_beside(__file__)
