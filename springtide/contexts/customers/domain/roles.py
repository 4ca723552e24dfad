"""Roles of staff and what each may do: the table a merchant can read.

A scope is "<context>.<verb>"; "<context>.*" is all of a context, "*" everything. Reading the catalogue needs no scope;
"audit.read" shows who did what, in every context.
"""

from collections.abc import Iterable

from springtide.contracts.customers.api import Role

SCOPES: dict[Role, frozenset[str]] = {
    # Everything, and the only role that manages staff.
    Role.OWNER: frozenset({"*"}),
    # Products, prices, promotions and stock policy; sees orders, moves no money.
    Role.MERCHANDISER: frozenset(
        {"catalog.*", "pricing.*", "inventory.read", "inventory.write", "orders.read", "insight.read", "audit.read"}
    ),
    # Packs, ships, cancels what cannot be found, counts stock.
    Role.WAREHOUSE: frozenset({"orders.read", "orders.write", "inventory.read", "inventory.write"}),
    # Helps buyers: all of orders, and their accounts.
    Role.SUPPORT: frozenset(
        {
            "orders.*",
            "customers.read",
            "customers.write",
            "payments.read",
            "inventory.read",
            "pricing.read",
            "audit.read",
        }
    ),
    # Plans from what was sold.
    Role.PLANNER: frozenset({"orders.read", "inventory.read", "pricing.read", "insight.read", "peak.*"}),
    # Looks, changes nothing.
    Role.READ_ONLY: frozenset(
        {
            "orders.read",
            "customers.read",
            "payments.read",
            "inventory.read",
            "pricing.read",
            "insight.read",
            "audit.read",
        }
    ),
}


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """Return everything that any of the roles may do."""
    return frozenset().union(*(SCOPES[Role(role)] for role in roles))


def printed() -> str:
    """Return the table as text, one role per line."""
    return "\n".join(f"{role:<13} {' '.join(sorted(scopes))}" for role, scopes in SCOPES.items())
