"""First schema."""

from springtide.platform.migrate import run_jobs_schema, run_kernel, run_sql_beside

revision = "checkout_0001"
down_revision = None
phase = "pre"


def upgrade() -> None:
    run_kernel("0001")
    run_jobs_schema()
    run_sql_beside(__file__)
