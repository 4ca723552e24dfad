"""Which processes the shop under test is made of."""

from springtide.settings import CONTEXTS, ROLES

Layout = tuple[tuple[str, ...], ...]

LAYOUTS: dict[str, Layout] = {
    "up": (("web", *CONTEXTS), ("backoffice", *CONTEXTS, "jobs")),
    "one": (("web", *CONTEXTS, "jobs"),),
    "two": (("web", *CONTEXTS), ("jobs",)),
    "web-apart": (("web",), (*CONTEXTS, "jobs")),
    "split": (
        ("web",),
        ("inventory", "pricing"),
        ("checkout", "orders"),
        ("payments",),
        ("catalog", "customers", "insight", "peak", "jobs"),
    ),
}


def layout_of(text: str) -> Layout:
    """Return a layout by its name, or made of roles: processes parted by "/", their roles by "+". ValueError.

    `web+checkout+orders+payments+inventory+pricing+catalog+customers+insight+peak/jobs` is the layout "two".
    """
    if text in LAYOUTS:
        return LAYOUTS[text]
    groups = tuple(tuple(group.split("+")) for group in text.split("/"))
    roles = [role for group in groups for role in group]
    unknown = sorted(set(roles) - set(ROLES))
    missing = sorted({"web", *CONTEXTS, "jobs"} - set(roles))
    if unknown or missing:
        msg = f"layout {text!r}: unknown roles {unknown}, missing roles {missing}; names are {sorted(LAYOUTS)}"
        raise ValueError(msg)
    return groups
