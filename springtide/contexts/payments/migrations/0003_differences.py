"""Differences between our ledger and the gateways', and how far their books were read."""

from springtide.platform.migrate import run_kernel, run_sql_beside

revision = "payments_0003"
down_revision = "payments_0002"
phase = "pre"


def upgrade() -> None:
    run_kernel("differences")
    run_sql_beside(__file__)
