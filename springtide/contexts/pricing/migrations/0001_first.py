"""First schema: sellers, markets, prices with their history, promotions, vouchers."""

from springtide.platform.migrate import run_kernel, run_sql_beside

revision = "pricing_0001"
down_revision = None
phase = "pre"


def upgrade() -> None:
    run_kernel("0001")
    run_sql_beside(__file__)
