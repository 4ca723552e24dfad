"""First schema of the probe, a context with one table and jobs."""

from springtide.platform.migrate import run_jobs_schema, run_kernel, run_sql_beside

revision = "probe_0001"
down_revision = None
phase = "pre"


def upgrade() -> None:
    run_kernel("0001")
    run_jobs_schema()
    run_sql_beside(__file__)
