"""First schema: versioned inputs, overrides, evidence, plans and their parts."""

from springtide.platform.migrate import run_kernel, run_sql_beside

revision = "peak_0001"
down_revision = None
phase = "pre"


def upgrade() -> None:
    run_kernel("0001")
    run_sql_beside(__file__)
