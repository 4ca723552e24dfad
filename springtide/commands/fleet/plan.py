"""What fleet.toml says: which groups of processes there are, how many of each, and how they are scaled and replaced.

Every mistake in the file is named at once.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from springtide.bootstrap.connections import shares_of
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.fleet import scaling
from springtide.settings import CHANNELS, CONTEXTS, ROLES, Settings, as_environment
from springtide.settings.reading import SettingsProblem, load

FILE = "fleet.toml"
_MOST = 64
_NAME = "a-z, 0-9 and -, at most 24"
_LONGEST_NAME = 24
_ALL_CONTEXTS = "contexts"
_DESK = "peak"


class FleetFileWrong(EngineProblem):
    """The file cannot be used; `mistakes` are all of them, one a line."""

    def __init__(self, file: str, mistakes: list[str]) -> None:
        super().__init__(f"{file}: {'; '.join(mistakes)}")
        self.mistakes = mistakes


class Front(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands before the processes. With a domain Caddy serves it by TLS on 443, without on the settings' ports.

    `try_s`: how long a request looks for a process that takes it.
    """

    domain: str = ""
    office_domain: str = ""
    try_s: float = 2.0


class Scaling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often is looked, and what Kubernetes' formula is given: see `springtide.platform.fleet.scaling`."""

    every_s: float = 15.0
    tolerance: float = scaling.TOLERANCE
    scale_down_window_s: float = scaling.SCALE_DOWN_WINDOW_S


class Canary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a new release is judged. `watch_s`: how long; `worse_by`: failures above the others' share that end it.

    `slower_times`: mean time against the others' that ends it; both count from `min_answers` answers on each side.
    """

    watch_s: float = 30.0
    worse_by: float = 0.01
    slower_times: float = 3.0
    min_answers: int = 50


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Processes with the same roles; "contexts" stands for all of them.

    `target_per_s`: requests a second that each should have; 0: the group is not scaled.
    `settings`: what differs from the shop's settings in these processes, by their names.
    """

    roles: tuple[str, ...]
    min: int = 1
    max: int = 1
    target_per_s: float = 0.0
    settings: dict[str, Any] = {}

    @property
    def all_roles(self) -> tuple[str, ...]:
        """Return the roles with "contexts" spelled out."""
        spelled = (role for given in self.roles for role in (CONTEXTS if given == _ALL_CONTEXTS else (given,)))
        return tuple(dict.fromkeys(spelled))

    @property
    def channel(self) -> str:
        """Return the channel of these processes, "" when they have none."""
        return next((role for role in self.all_roles if role in CHANNELS), "")


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    groups: dict[str, Group]
    front: Front = Front()
    scaling: Scaling = Scaling()
    canary: Canary = Canary()

    def connections(self, settings: Settings) -> int:
        """Return how many connections to the database there may be, one process more of each group while it rolls."""
        return sum(
            (group.max + 1) * share.server
            for group in self.groups.values()
            for share in shares_of(settings_of(settings, group), group.all_roles)
        )


def standard() -> Plan:
    """Return the plan of a shop without a file: one group sells, one does what can wait, one plans the peak.

    The desk is apart, so that its plans take nothing from the office, and a roll of the office ends no plan.
    """
    cores = os.cpu_count() or 1
    others = tuple(context for context in CONTEXTS if context != _DESK)
    return Plan(
        groups={
            "shop": Group(
                roles=("web", _ALL_CONTEXTS),
                min=2,
                max=max(2, cores),
                target_per_s=500.0,
                settings={"background": False, "database_connections": 3},
            ),
            "office": Group(roles=("backoffice", *others, "jobs"), settings={"nice": 5, "database_connections": 2}),
            "desk": Group(roles=(_DESK,), settings={"nice": 10, "database_connections": 2}),
        }
    )


def read(file: Path | None) -> Plan:
    """Return the plan of a file; None: of fleet.toml here if there is one, else the standard. Raises FleetFileWrong."""
    path = file or Path(FILE)
    if file is None and not path.exists():
        return standard()
    try:
        plan = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Plan)
    except OSError as error:
        raise FleetFileWrong(str(path), [error.strerror or str(error)]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise FleetFileWrong(str(path), [str(error)]) from error
    mistakes = [*_of_whole(plan), *(said for name, group in plan.groups.items() for said in _of_group(name, group))]
    if mistakes:
        raise FleetFileWrong(str(path), mistakes)
    return plan


def _of_whole(plan: Plan) -> list[str]:
    served = {role for group in plan.groups.values() for role in group.all_roles}
    missing = [role for role in ROLES if role not in served]
    wrong = {
        f"no group has the role {', '.join(missing)}": bool(missing),
        "front.try_s: a time, 0 to 60": not 0 <= plan.front.try_s <= 60,  # noqa: PLR2004 - a minute
        "front: domain and office_domain are the same": bool(plan.front.domain)
        and plan.front.domain == plan.front.office_domain,
        "scaling.every_s: a time above 0": plan.scaling.every_s <= 0,
        "scaling.tolerance: 0 to 1": not 0 <= plan.scaling.tolerance < 1,
        "scaling.scale_down_window_s: a time, 0 or above": plan.scaling.scale_down_window_s < 0,
        "canary.watch_s: a time, 0 or above": plan.canary.watch_s < 0,
        "canary.worse_by: 0 to 1": not 0 <= plan.canary.worse_by <= 1,
        "canary.slower_times: 1 or above": plan.canary.slower_times < 1,
        "canary.min_answers: 1 or above": plan.canary.min_answers < 1,
    }
    return [said for said, is_wrong in wrong.items() if is_wrong]


def _of_group(name: str, group: Group) -> list[str]:
    unknown = sorted(set(group.all_roles) - set(ROLES))
    channels = sum(role in CHANNELS for role in group.all_roles)
    wrong = {
        f"a name is {_NAME}": not _is_name(name),
        "roles: at least one": not group.roles,
        f"roles: {', '.join(unknown)} unknown; there are {_ALL_CONTEXTS}, {', '.join(ROLES)}": bool(unknown),
        "roles: web and backoffice are groups of their own": channels > 1,
        f"min and max: 0 <= min <= max <= {_MOST}, max 1 or above": not (
            0 <= group.min <= group.max <= _MOST and group.max
        ),
        "target_per_s: 0 or above": group.target_per_s < 0,
        "min: 1 or above where the group is scaled": bool(group.target_per_s) and group.min < 1,
    }
    said = [f"groups.{name}: {text}" for text, is_wrong in wrong.items() if is_wrong]
    return said + [f"groups.{name}.settings: {text}" for text in _of_settings(group)]


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name.replace("-", "a").isalnum() and name.isascii() and name.islower()


def _of_settings(group: Group) -> list[str]:
    ours = {"port", "backoffice_port", "health_port", "host", "data_dir"} & set(group.settings)
    if ours:
        return [f"{', '.join(sorted(ours))}: the fleet sets it itself"]
    try:
        settings_of(Settings(), group)
    except SettingsProblem as problem:
        return str(problem).splitlines()
    return []


def settings_of(settings: Settings, group: Group) -> Settings:
    """Return the settings of a group's processes. Raises SettingsProblem."""
    changes = {
        f"SPRINGTIDE_{name.upper()}": value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in group.settings.items()
    }
    return load({**as_environment(settings), **changes}, Path(os.devnull))
