"""Differences between stock, its ledger, promises and orders."""

from springtide.platform.migrate import run_kernel

revision = "inventory_0002"
down_revision = "inventory_0001"
phase = "pre"


def upgrade() -> None:
    run_kernel("differences")
