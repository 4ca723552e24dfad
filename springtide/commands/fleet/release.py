"""Which code a process runs: an interpreter with a Springtide in it. Another release is another checkout or venv."""

import asyncio
import contextlib
from pathlib import Path

import msgspec

from springtide.platform.embedded.problems import EngineProblem

_WITHIN_S = 30.0
_ASK = "from importlib.metadata import version; import springtide; print(version('springtide'), springtide.__file__)"


class NoRelease(EngineProblem):
    """There is no Springtide that could be started at this path."""


class Release(msgspec.Struct, frozen=True):
    """A release: the interpreter that runs it, the version it says it has, and where its code lies."""

    python: str
    version: str
    place: str = ""


def python_of(checkout: Path) -> Path:
    """Return the interpreter of a checkout, or of a virtual environment."""
    for place in (checkout / ".venv" / "bin" / "python", checkout / "bin" / "python"):
        if place.exists():
            return place
    msg = f"{checkout} has neither .venv/bin/python nor bin/python: make its environment first"
    raise NoRelease(msg)


async def look_at(python: Path) -> Release:
    """Ask an interpreter which Springtide it has. Raises NoRelease."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(str(python), "-I", "-c", _ASK),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd="/",
        )
    except OSError as error:
        msg = f"{python}: {error.strerror}"
        raise NoRelease(msg) from error
    try:
        async with asyncio.timeout(_WITHIN_S):
            said, problem = await process.communicate()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        msg = f"{python} did not say within {_WITHIN_S:.0f} s which Springtide it has"
        raise NoRelease(msg) from None
    words = said.decode().split(maxsplit=1)
    if process.returncode or len(words) < 2:  # noqa: PLR2004 - a version and a path
        last = problem.decode(errors="replace").strip().splitlines()[-1:]
        msg = f"{python} has no Springtide: {' '.join(last)}"
        raise NoRelease(msg)
    return _release(python, version=words[0], package=Path(words[1].strip()).parent)


def _release(python: Path, *, version: str, package: Path) -> Release:
    return Release(str(python.absolute()), version, str(package.parent))
