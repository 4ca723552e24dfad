"""Python's cycle collector in a process that serves."""

import gc

# Collections that look at everything cost tens of milliseconds beside a filled catalogue; almost nothing here is freed
# by them, since requests leave few cycles.
_COLLECT_AFTER = (20_000, 20, 50)


def spare_the_collector() -> None:
    """Leave what was made at the start (modules, routes, read models) out of every later collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
