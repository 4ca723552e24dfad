"""fleet.toml: what it may say, and every mistake named at once."""

from pathlib import Path

import pytest

from springtide.bootstrap.connections import shares_of
from springtide.commands.fleet.plan import FleetFileWrong, read, settings_of, standard
from springtide.settings import CONTEXTS, ROLES, Settings

GOOD = """
[front]
domain = "shop.example.org"
office_domain = "office.example.org"
[scaling]
every_s = 5
[canary]
watch_s = 10
[groups.web]
roles = ["web"]
min = 2
max = 4
target_per_s = 200
[groups.core]
roles = ["contexts", "jobs"]
settings = {database_connections = 6, nice = 2}
[groups.office]
roles = ["backoffice"]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "fleet.toml"
    file.write_text(text)
    return file


def test_a_good_file(tmp_path):
    plan = read(written(tmp_path, GOOD))
    assert plan.groups["core"].all_roles == (*CONTEXTS, "jobs")
    assert [group.channel for group in plan.groups.values()] == ["web", "", "backoffice"]
    assert settings_of(Settings(), plan.groups["core"]).database_connections == 6
    core = settings_of(Settings(), plan.groups["core"])
    each = sum(share.server for share in shares_of(core, (*CONTEXTS, "jobs")))
    assert plan.connections(Settings()) == 2 * each  # one more process than its max while it rolls


def test_without_a_file_there_is_a_standard(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read(None) == standard()
    written(tmp_path, GOOD)
    assert list(read(None).groups) == ["web", "core", "office"]


def test_the_desk_has_a_process_of_its_own_that_gives_way_most():
    groups = standard().groups
    makers = [
        name for name, group in groups.items() if "peak" in group.all_roles and group.settings.get("background", True)
    ]
    assert makers == ["desk"]
    assert groups["desk"].settings["nice"] > groups["office"].settings["nice"]
    assert {role for group in groups.values() for role in group.all_roles} == set(ROLES)


def test_every_mistake_is_named_at_once(tmp_path):
    text = """
    [scaling]
    every_s = 0
    [groups.web]
    roles = ["web", "backoffice", "kitchen"]
    min = 3
    max = 2
    [groups.Core]
    roles = ["catalog"]
    settings = {port = 1, nise = 3}
    [groups.core]
    roles = ["catalog"]
    settings = {nice = 40}
    target_per_s = -1
    """
    with pytest.raises(FleetFileWrong) as found:
        read(written(tmp_path, text))
    assert found.value.mistakes == [
        "no group has the role pricing, inventory, customers, checkout, payments, orders, insight, peak, jobs",
        "scaling.every_s: a time above 0",
        f"groups.web: roles: kitchen unknown; there are contexts, {', '.join(ROLES)}",
        "groups.web: roles: web and backoffice are groups of their own",
        "groups.web: min and max: 0 <= min <= max <= 64, max 1 or above",
        "groups.Core: a name is a-z, 0-9 and -, at most 24",
        "groups.Core.settings: port: the fleet sets it itself",
        "groups.core: target_per_s: 0 or above",
        "groups.core.settings: SPRINGTIDE_NICE: 0 to 19",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("groups = 3", "Expected `object`"),
        ("[groups.web]\nroles = ['web']\nreplicas = 2", "unknown field `replicas`"),
        ("[groups.web", "Expected ']'"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path, text, said):
    with pytest.raises(FleetFileWrong, match=r"fleet\.toml") as found:
        read(written(tmp_path, text))
    assert said in str(found.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FleetFileWrong, match="No such file"):
        read(tmp_path / "other.toml")
