"""What a data folder sees once before a shop sells from it: schemas, the demo's owner and goods (`up`, `fleet`)."""

import asyncio
import hashlib
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from springtide.commands.output import say
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.launch import Launch, launch
from springtide.platform.embedded.problems import ChildFailed

OWNER = "owner@springtide.example"


async def prepare(folder: DataFolder, environ: dict[str, str], *, demo: bool) -> str:
    """Bring the schemas up and load the demo's shop if it is wanted; return the demo owner's password, "" without."""
    await once(folder, "schemas", _migrations_fingerprint(), lambda: command(folder, environ, "migrate"))
    if not demo:
        return ""
    password = await _demo_owner(folder, environ)
    await once(folder, "demo-shop", "1", lambda: command(folder, environ, "import", "demo-shop"))
    return password


async def load_history(folder: DataFolder, environ: dict[str, str]) -> None:
    """Load the demo's past while the shop is selling."""
    await once(folder, "demo-history", "1", lambda: command(folder, environ, "import", "demo-history"))


async def once(folder: DataFolder, what: str, mark: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do what this data folder has not seen yet: the second start skips it."""
    stamp = folder.root / f"{what}.done"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == mark:
        return
    await work()
    write_atomically(stamp, mark, mode=0o644)


async def command(
    folder: DataFolder, environ: dict[str, str], *words: str, stdin: bytes = b"", python: str = sys.executable
) -> None:
    """Run another command of ours to its end, its lines passed on; ChildFailed when it fails."""
    how = Launch(
        command=(python, "-m", "springtide.cli", *words),
        environ=environ,
        log=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        cwd=folder.app,
    )
    process = await launch(how)
    try:
        if process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        last: list[str] = []
        if process.stdout is not None:
            async for line in process.stdout:
                last = [*last[-10:], line.decode(errors="replace").rstrip()]
                say(f"  {last[-1]}")
        if await process.wait():
            msg = f"`springtide {' '.join(words)}` failed"
            raise ChildFailed(msg, tuple(last))
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _demo_owner(folder: DataFolder, environ: dict[str, str]) -> str:
    """Make the demo's owner account once; return the password that was made up for it."""
    file = folder.root / "demo-owner.txt"
    if file.exists():
        return file.read_text(encoding="utf-8").strip()
    password = secrets.token_urlsafe(12)
    words = ("staff", "add", OWNER, "--name", "Olivia Owner", "--role", "owner")
    await command(folder, environ, *words, stdin=password.encode() + b"\n")
    write_atomically(file, password + "\n", mode=0o600)
    return password


def _migrations_fingerprint() -> str:
    """Return a hash of all migration files: when it is the one of the last start, nothing is asked of the database."""
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for file in sorted([*package.glob("contexts/*/migrations/*"), *package.glob("platform/migrations/*.sql")]):
        if file.is_file():
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def clean_environment() -> dict[str, str]:
    """Return our environment without settings: the children get them complete."""
    kept = ("SPRINGTIDE_FAILPOINTS",)
    return {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_") or name in kept}
