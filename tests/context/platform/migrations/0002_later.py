"""What runs after the old release has left."""

from springtide.platform.migrate import run_sql_beside

revision = "probe_0002"
down_revision = "probe_0001"
phase = "post"


def upgrade() -> None:
    run_sql_beside(__file__)
