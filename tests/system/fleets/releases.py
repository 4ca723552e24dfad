"""Other releases for a test: a copy of the code with another version, in an interpreter of its own."""

import shutil
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[3]


def copy_release(folder: Path, version: str) -> Path:
    """Copy our code into a virtual environment that says it is `version`; return the environment."""
    venv.create(folder, with_pip=False, symlinks=True)
    code = folder / "code"
    shutil.copytree(ROOT / "springtide", code / "springtide", ignore=shutil.ignore_patterns("__pycache__"))
    about = code / f"springtide-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: springtide\nVersion: {version}\n")
    (about / "RECORD").write_text("")
    packages = next((folder / "lib").glob("python*/site-packages"))
    (packages / "release.pth").write_text(f"{code}\n{sysconfig.get_path('purelib')}\n")
    return folder


def break_pages(release: Path) -> None:
    """Let every page of this release fail: a bug that only visitors meet, not the probes."""
    file = release / "code" / "springtide" / "edge" / "entrance.py"
    text = file.read_text()
    broken = text.replace("            await self._app(scope, receive, answer.send)", "            raise RuntimeError")
    assert broken != text
    file.write_text(broken)


def break_start(release: Path) -> None:
    """Let no process of this release start."""
    (release / "code" / "springtide" / "commands" / "serve_command.py").write_text("raise SystemExit(3)\n")
