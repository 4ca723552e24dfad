"""Debian's HAProxy with the configuration that is shipped (`deploy/haproxy/haproxy.cfg`), in front of given ports."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakes.daemons import daemon, program, status_of
from fakes.serving import free_port

FOLDER = Path(__file__).parents[2] / "deploy" / "haproxy"
SHIPPED = FOLDER / "haproxy.cfg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The origins of the three doors."""

    shop: str
    office: str
    figures: str


def haproxy_command() -> str:
    """Return the program; the test is skipped where it is missing."""
    return program("haproxy", "haproxy")


@contextmanager
def haproxy(
    webs: Sequence[int], *, caches: Sequence[int] = (), offices: Sequence[int] = (), more: str = "", queue: int = 2000
) -> Iterator[Doors]:
    """Run it over web processes, caches and back offices at these ports. `more`: words for each server of the shop."""
    command = haproxy_command()
    ports = [free_port() for _ in range(3)]
    shop, office, figures = (f"127.0.0.1:{port}" for port in ports)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "servers.cfg").write_text(_servers(webs, caches, offices, more))
        doors = Doors(shop=f"http://{shop}", office=f"http://{office}", figures=f"http://{figures}")
        with daemon(
            (command, "-W", "-f", str(SHIPPED), "-f", str(folder / "servers.cfg")),
            log=folder / "log",
            is_up=lambda: status_of(f"{doors.figures}/metrics") == 200,
            environment={
                "SPRINGTIDE_BIND": shop,
                "SPRINGTIDE_OFFICE_BIND": office,
                "SPRINGTIDE_STATS_BIND": figures,
                "SPRINGTIDE_QUEUE": str(queue),
            },
        ):
            yield doors


def _servers(webs: Sequence[int], caches: Sequence[int], offices: Sequence[int], more: str) -> str:
    lines = ["backend reads from reading"]
    lines += [f"    server web{port} 127.0.0.1:{port} {more}" for port in webs]
    lines += ["backend writes from writing"]
    lines += [f"    server web{port} 127.0.0.1:{port} track reads/web{port} {more}" for port in webs]
    lines += ["backend caches from caching", *(f"    server c{port} 127.0.0.1:{port}" for port in caches)]
    lines += ["backend offices from officing", *(f"    server o{port} 127.0.0.1:{port}" for port in offices)]
    return "\n".join((*lines, ""))
