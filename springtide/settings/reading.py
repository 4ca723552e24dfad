"""Settings are read: environment (`SPRINGTIDE_…`) over `springtide.toml` over defaults, validated whole."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from springtide.settings import PREFIX, Settings
from springtide.settings.checks import problems_of

NOT_SETTINGS = frozenset({"CONFIG", "FAILPOINTS", "PARENT_PID", "TEST_ENGINES"})
"""Variables of ours that are read elsewhere: the settings file, armed failpoints, make's pid, the tests' engines."""


class SettingsProblem(ValueError):
    """One or several settings are wrong; the message names every one on a line of its own."""


def load(environment: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read and validate the settings; `SettingsProblem` names every mistake at once."""
    environment = os.environ if environment is None else environment
    problems: list[str] = []
    values = _from_file(file or Path(environment.get(f"{PREFIX}CONFIG", "springtide.toml")), problems)
    for name, text in sorted(environment.items()):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in NOT_SETTINGS:
            _put(values, name.removeprefix(PREFIX).lower().split("__"), text)
    is_readable = not problems
    settings = _validated(values, problems)
    if is_readable:
        problems.extend(problems_of(settings))
    if problems:
        raise SettingsProblem("\n".join(problems))
    return settings


def _from_file(path: Path, problems: list[str]) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: {error}")
        return {}


def _put(values: dict[str, Any], path: list[str], text: str) -> None:
    for part in path[:-1]:
        if isinstance(values.get(part), str):  # the section came whole, as JSON, and one field of it again
            values[part] = _section(values[part])
        if not isinstance(values.setdefault(part, {}), dict):
            return  # the section itself is wrong and named later
        values = values[part]
    values[path[-1]] = text


def _section(text: str) -> object:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return [text]  # no section, and refused as none when it is converted


def _validated(values: dict[str, Any], problems: list[str]) -> Settings:
    """Convert field by field, so that every mistake is named and not only the first."""
    known = {field.name: field for field in msgspec.structs.fields(Settings)}
    good: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            problems.append(f"{PREFIX}{name.upper()}: there is no such setting")
            continue
        try:
            good[name] = msgspec.convert(_decoded(value, known[name].type), known[name].type, strict=False)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            problems.append(f"{PREFIX}{name.upper()}: {error}")
    return Settings(**good)


def _decoded(value: object, wanted: object) -> object:
    """Values of lists, tables and sections may come as JSON text from the environment."""
    if isinstance(value, str) and wanted not in (str, int, bool):
        return msgspec.json.decode(value)
    return value
