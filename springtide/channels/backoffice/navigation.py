"""The tasks on the left: which there are and who sees them. The scopes are those the contexts ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

from springtide.platform.caller import Caller


@dataclass(frozen=True, slots=True)
class Task:
    """A place in the navigation. `needs`: any one of these scopes; empty: every member of staff. `search`: the address
    that takes a text as `q`, "" when there is nothing to search.
    """

    key: str
    name: str
    path: str
    needs: tuple[str, ...] = ()
    search: str = ""


TASKS = (
    Task("orders", "Orders", "/orders", ("orders.read",), "/orders"),
    Task("shipping", "Shipping", "/shipping", ("orders.write",), "/shipping"),
    Task("sales", "Sales", "/sales", ("orders.read",)),
    Task("products", "Products", "/products", (), "/products"),
    Task("stock", "Stock", "/stock", (), "/stock"),
    Task("prices", "Prices", "/prices", ("pricing.read", "pricing.write"), "/prices"),
    Task("customers", "Customers", "/customers", ("customers.read",), "/customers"),
    Task("peak", "Peak", "/peak", ("peak.read",)),
    Task("live", "Live", "/live", ("insight.read",)),
    Task("visits", "Visits", "/visits", ("insight.read",)),
    Task("gateways", "Gateways", "/gateways", ("payments.read",)),
    Task("staff", "Staff", "/staff", ("staff.write",)),
    Task("audit", "Audit", "/audit", ("audit.read",)),
    Task("differences", "Differences", "/differences", ("audit.read",)),
    Task("settings", "Settings", "/settings"),
)


FRAME_WORDS: Mapping[str, str] = {
    "skip": "Skip to content",
    "navigation": "Tasks",
    "search": "Search",
    "sign_out": "Sign out",
    "data_of": "Data of",
    "load_again": "Load again",
    "appearance": "Appearance",
    "as_device": "as your device",
    "light": "light",
    "dark": "dark",
    "to_start": "To the start",
}
"""The words of the frame around every page; a page in another language brings its own, and names for the tasks."""


def holds(caller: Caller, *scopes: str) -> bool:
    """Return whether the caller holds any of `scopes`, its family or everything; no scopes: everybody does."""
    families = {scope.partition(".")[0] + ".*" for scope in scopes}
    return not scopes or bool(caller.scopes & {*scopes, *families, "*"})


def tasks_of(caller: Caller) -> tuple[Task, ...]:
    """Return what this caller may open."""
    return tuple(task for task in TASKS if holds(caller, *task.needs))
