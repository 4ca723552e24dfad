"""The checker of orders: every rule is a statement that returns differences."""

from springtide.contracts.common import Finding
from springtide.platform.db import Read

RULES = (
    "check_totals",
    "check_rows",
    "check_counts",
    "check_adjusted",
    "check_orphans",
    "check_origin",
    "check_numbers",
    "check_documents",
)
_MOST = 1_000


async def check_orders(read: Read) -> tuple[Finding, ...]:
    """Return the differences, at most 1,000: more is one big problem, not many."""
    found: list[Finding] = []
    for rule in RULES:
        async for finding in read.stream(rule, row=Finding):
            found.append(finding)
            if len(found) == _MOST:
                return tuple(found)
    return tuple(found)
