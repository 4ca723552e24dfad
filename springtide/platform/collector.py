"""Memory of a process that serves: Python's cycle collector, and what the C library keeps."""

import ctypes
import gc

# Collections that look at everything cost tens of milliseconds beside a filled catalogue; almost nothing here is freed
# by them, since requests leave few cycles.
_COLLECT_AFTER = (20_000, 20, 50)


def spare_the_collector() -> None:
    """Leave what was made at the start (modules, routes, read models) out of every later collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def give_back() -> None:
    """Return free pages to the system, also those between what is in use: the C library does it at the top only."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
    if trim is not None:
        trim(0)
