"""What is read when somebody asks for the metrics, and costs nothing in between: pools, lanes, the disk."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from springtide.platform import lanes
from springtide.platform.telemetry import REGISTRY


class Pooled(Protocol):
    """Whoever has database connections: `platform.db.Database`."""

    context: str

    def pools(self) -> Iterator[tuple[str, Mapping[str, int]]]:
        """Yield name and figures of each pool."""
        ...


_pooled: WeakValueDictionary[int, Pooled] = WeakValueDictionary()
_folders: set[Path] = set()


def watch_pools(database: Pooled) -> None:
    """Show the pools of a database among the metrics while it lives."""
    _pooled[id(database)] = database


def forget_pools(database: Pooled) -> None:
    """Show them no more: they are closed."""
    _pooled.pop(id(database), None)


def watch_disk(folder: Path) -> None:
    """Show how much room there is where `folder` lies."""
    _folders.add(folder)


def disk(folder: Path) -> tuple[int, int]:
    """Return (free, size) in bytes of the file system of a folder, or of its nearest parent that exists."""
    while not folder.exists():
        folder = folder.parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize


class _Gauges(Collector):
    def describe(self) -> Iterator[Metric]:
        """Name the metrics without reading anything."""
        return iter((*_pools({}), *_lanes({}), *_disks(())))

    def collect(self) -> Iterator[Metric]:
        """Read them."""
        figures: dict[tuple[str, str], dict[str, int]] = {}
        living = [database for known in _pooled.valuerefs() if (database := known()) is not None]
        for database in living:  # perhaps read in another thread than the one that opens and closes databases
            for name, pool in database.pools():
                summed = figures.setdefault((database.context, name), {})
                for key, value in pool.items():
                    summed[key] = summed.get(key, 0) + value
        yield from _pools(figures)
        yield from _lanes(lanes.waiting())
        yield from _disks(tuple(sorted(_folders)))


def _pools(figures: Mapping[tuple[str, str], Mapping[str, int]]) -> tuple[Metric, ...]:
    labels = ["context", "pool"]
    size = GaugeMetricFamily("springtide_db_pool_connections", "Connections of a pool", labels=[*labels, "state"])
    most = GaugeMetricFamily("springtide_db_pool_limit_connections", "Most connections of a pool", labels=labels)
    waiting = GaugeMetricFamily("springtide_db_pool_waiting", "Who waits for a connection now", labels=labels)
    asked = CounterMetricFamily("springtide_db_pool_requests", "Connections asked for", labels=labels)
    failed = CounterMetricFamily("springtide_db_pool_errors", "Asked for a connection and got none", labels=labels)
    waited = CounterMetricFamily("springtide_db_pool_wait_seconds", "Time waited for connections", labels=labels)
    for key, pool in figures.items():
        free = pool.get("pool_available", 0)
        size.add_metric([*key, "free"], free)
        size.add_metric([*key, "used"], pool.get("pool_size", 0) - free)
        most.add_metric(key, pool.get("pool_max", 0))
        waiting.add_metric(key, pool.get("requests_waiting", 0))
        asked.add_metric(key, pool.get("requests_num", 0))
        failed.add_metric(key, pool.get("requests_errors", 0))
        waited.add_metric(key, pool.get("requests_wait_ms", 0) / 1000)
    return size, most, waiting, asked, failed, waited


def _lanes(waiting: Mapping[str, int]) -> tuple[Metric, ...]:
    family = GaugeMetricFamily("springtide_lane_waiting", "Calls waiting for a batch", labels=["lane"])
    for name, calls in sorted(waiting.items()):
        family.add_metric([name], calls)
    return (family,)


def _disks(folders: tuple[Path, ...]) -> tuple[Metric, ...]:
    free = GaugeMetricFamily("springtide_disk_free_bytes", "Room left where the data folder lies", labels=["folder"])
    size = GaugeMetricFamily("springtide_disk_size_bytes", "Size of that file system", labels=["folder"])
    for folder in folders:
        left, whole = disk(folder)
        free.add_metric([str(folder)], left)
        size.add_metric([str(folder)], whole)
    return free, size


REGISTRY.register(_Gauges())
