"""Which process of a layout runs which loop: each somewhere, and in `up`'s layout once, apart from those that keep a
process's own memory.
"""

from collections.abc import Sequence
from pathlib import Path

from springtide.bootstrap import Node
from springtide.commands.drill_stage import LAYOUT
from springtide.commands.up_command import children_of
from springtide.platform.bus import Bus
from springtide.platform.embedded.folders import DataFolder
from springtide.settings import CONTEXTS, Settings
from springtide.settings.reading import load

IN_EACH = {("payments", "read_switches"), ("payments", "tell_sights"), ("pricing", "refresh_books")}
SETTINGS = Settings(
    database_url="postgresql://nobody@127.0.0.1:1/none", nats_url="nats://127.0.0.1:1", secret_key="0" * 32
)


def loops_of(settings: Settings, roles: Sequence[str]) -> list[tuple[str, str]]:
    """Context and name of every loop that a process with these settings and roles runs."""
    node = Node(settings, Bus(settings.nats_url, name="test"), roles)
    for context in CONTEXTS:
        if context in roles or "jobs" in roles:
            node.build(context, serve=context in roles)
    return [(context, loop.name) for context, loop in node.loops()]


def all_loops() -> set[tuple[str, str]]:
    return set(loops_of(SETTINGS, (*CONTEXTS, "jobs")))


async def test_up_sells_in_a_process_that_keeps_only_its_own_memory(tmp_path: Path) -> None:
    folder = DataFolder(root=tmp_path, account=None)
    folder.app.mkdir()
    by_name = {}
    for child in children_of(SETTINGS, folder, {}):
        if "serve" in child.command:
            roles = child.command[child.command.index("serve") + 1 :]
            by_name[child.name] = loops_of(load(child.environ, tmp_path / "none.toml"), roles)
    assert set(by_name["shop"]) == IN_EACH
    assert set(by_name["backoffice"]) == all_loops()


async def test_split_over_processes_every_loop_runs_in_one() -> None:
    running = [loop for roles in LAYOUT for loop in loops_of(SETTINGS, roles)]
    assert sorted(running) == sorted(all_loops())


async def test_a_context_alone_runs_its_loops_without_the_role_jobs() -> None:
    for name in ("expire_holds", "review_bands"):
        assert ("inventory", name) in loops_of(SETTINGS, ("inventory",))
    assert ("orders", "send_mails") not in loops_of(SETTINGS, ("orders",))
