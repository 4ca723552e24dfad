"""Caddy's configuration: fixed slots, checks each second, repeats of what may be repeated. Caddy itself reads it."""

import json
import subprocess

from springtide.platform.embedded.binaries import caddy_program
from springtide.platform.fleet.balancer import Door, child, configuration

DOORS = (
    Door("web", "127.0.0.1", 21500, (21501, 21502), "shop.example.org"),
    Door("backoffice", "::1", 21600, (21601,)),
)


def test_a_door_with_a_domain_is_served_by_name_and_one_without_on_its_port(tmp_path):
    made = configuration(DOORS, storage=tmp_path, try_s=2)["apps"]["http"]["servers"]
    assert made["plain-backoffice"]["listen"] == ["[::1]:21600"]
    assert made["plain-backoffice"]["automatic_https"] == {"disable": True}
    assert made["tls"]["listen"] == [":443"]
    assert made["tls"]["routes"][1]["match"] == [{"host": ["shop.example.org"]}]
    proxy = made["tls"]["routes"][1]["handle"][0]
    assert proxy["upstreams"] == [{"dial": "127.0.0.1:21501"}, {"dial": "127.0.0.1:21502"}]
    assert proxy["health_checks"]["active"]["uri"] == "/readyz"


def test_caddy_takes_the_file_and_only_its_owner_reads_it(tmp_path):
    for doors in (DOORS, (DOORS[1],)):
        described = child(caddy_program(), doors, folder=tmp_path / "caddy", try_s=1.5)
        file = tmp_path / "caddy" / "caddy.json"
        assert file.stat().st_mode & 0o777 == 0o600
        json.loads(file.read_text())
        said = subprocess.run(
            [described.command[0], "validate", "--config", str(file)],
            env=dict(described.environ),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert said.returncode == 0, said.stderr
