"""The unprivileged account that the engines run under when Springtide is started by root.

PostgreSQL refuses to run as root, and its `initdb` needs a name in the password file, so a bare number will not do.
We take the account `springtide`, made once the way a Debian package makes its own (`useradd --system`). `nobody` is the
last resort (no useradd, read-only /etc): it works, but shares the data with every other service that runs as nobody.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from springtide.platform.embedded.problems import NoPermission

ACCOUNT_NAME = "springtide"
_LAST_RESORT = "nobody"
_USERADD_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Account:
    """A system account: its name and numbers."""

    name: str
    uid: int
    gid: int


def engine_account(*, say: Callable[[str], None]) -> Account | None:
    """Return the account for the engines, made if need be; None for an ordinary user, who runs them as themselves."""
    if os.geteuid() != 0:
        return None
    return find_account(ACCOUNT_NAME) or _create(say) or _last_resort(say)


def find_account(name: str) -> Account | None:
    """Look an account up by name. Accounts that are root in disguise do not count."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid) if entry.pw_uid else None


def _create(say: Callable[[str], None]) -> Account | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if useradd is None:
        return None
    say(f"Creating the system account {ACCOUNT_NAME!r} for the database (it may not run as root)")
    arguments = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent")
    subprocess.run(  # noqa: S603 - a fixed command line
        [useradd, *arguments, "--shell", "/usr/sbin/nologin", ACCOUNT_NAME],
        check=False,  # two runs may create it at once: what counts is whether it exists afterwards
        capture_output=True,
        timeout=_USERADD_WITHIN_S,
    )
    return find_account(ACCOUNT_NAME)


def _last_resort(say: Callable[[str], None]) -> Account:
    account = find_account(_LAST_RESORT)
    if account is None:
        msg = f"no account for the database: create one with 'useradd --system {ACCOUNT_NAME}', or do not run as root"
        raise NoPermission(msg)
    say(f"No account {ACCOUNT_NAME!r} could be created: the database runs as {_LAST_RESORT!r}")
    return account
