"""Debian's Varnish with the VCL that is shipped (`deploy/varnish/springtide.vcl`), in front of given ports."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes.daemons import daemon, program, status_of
from fakes.serving import free_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "varnish" / "springtide.vcl"
_BACKEND = """
backend web{port} {{ .host = "127.0.0.1"; .port = "{port}"; .probe = ready; .connect_timeout = 1s; }}
"""
_SITE = """
probe ready {{ .url = "/readyz"; .interval = 100ms; .timeout = 1s; .window = 2; .threshold = 1; .initial = 1; }}
{backends}
acl purgers {{ "127.0.0.1"; }}
sub site_backends {{
    new shop = directors.round_robin();
{members}
}}
sub site_backend {{ set req.backend_hint = shop.backend(); }}
"""


@contextmanager
def varnish(ports: Sequence[int], *, token: str, store_mb: int = 32) -> Iterator[str]:
    """Run one node over the web processes at `ports`; gives its origin. Skips the test where it is not installed."""
    command = program("varnishd", "varnish")
    if not any(Path("/usr/lib").glob("*/varnish/vmods/libvmod_saintmode.so")):
        pytest.skip("Varnish's modules are missing: apt-get install varnish-modules")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copy(SHIPPED, folder / "springtide.vcl")
        (folder / "site.vcl").write_text(_site(ports))
        port = free_port()
        origin = f"http://127.0.0.1:{port}"
        small = ("-p", "thread_pools=1", "-p", "thread_pool_min=10", "-s", f"malloc,{store_mb}m")
        place_of_its_own = ("-F", "-j", "none", "-n", str(folder / "n"), "-a", f"127.0.0.1:{port}")
        with daemon(
            (command, *place_of_its_own, *small, "-f", str(folder / "springtide.vcl")),
            log=folder / "log",
            is_up=lambda: status_of(f"{origin}/edge/healthz") in {200, 503},
            environment={"SPRINGTIDE_PURGE_TOKEN": token},
        ):
            yield origin


def _site(ports: Sequence[int]) -> str:
    members = (
        f"    new saint{port} = saintmode.saintmode(web{port}, 20); shop.add_backend(saint{port}.backend());"
        for port in ports
    )
    return _SITE.format(backends="".join(_BACKEND.format(port=port) for port in ports), members="\n".join(members))
