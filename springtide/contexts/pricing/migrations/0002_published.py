"""Keep whether a product is on sale: a hidden one is not quoted.

Items that are there count as published until the catalogue says otherwise, which is what the release before did.
"""

from springtide.platform.migrate import run_sql_beside

revision = "pricing_0002"
down_revision = "pricing_0001"
phase = "pre"


def upgrade() -> None:
    run_sql_beside(__file__)
