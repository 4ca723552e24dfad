"""What the figures were taken on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def described() -> dict[str, str]:
    """Return the machine, the versions, the time, and how busy others kept it."""
    memory_kib = int(Path("/proc/meminfo").read_text(encoding="ascii").split()[1])
    models = [line for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if "model name" in line]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": str(len(os.sched_getaffinity(0))),
        "cpu": models[0].partition(":")[2].strip() if models else "unknown",
        "memory": f"{memory_kib / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "springtide": version("springtide"),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def in_a_line(machine: dict[str, str]) -> str:
    """Return the description for people."""
    return ", ".join(f"{name}: {value}" for name, value in machine.items())
