"""May the engines' account go there? Judged by modes alone: access lists are not looked at."""

import os
import stat
from pathlib import Path

from springtide.platform.embedded.account import Account


def closed_folder(path: Path, account: Account) -> Path | None:
    """Return the first folder above `path` that the account may not pass through, or None."""
    for folder in reversed(path.parents):
        try:
            facts = folder.stat()
        except FileNotFoundError:
            return None  # what does not exist yet will be made by us
        if not may(account, facts, stat.S_IXOTH):
            return folder
    return None


def may(account: Account, facts: os.stat_result, bit: int) -> bool:
    """Tell whether the account has a right, named by its bit for others (S_IROTH, S_IXOTH), by the mode alone."""
    if facts.st_uid == account.uid:
        return bool(facts.st_mode & bit << 6)
    if facts.st_gid == account.gid:
        return bool(facts.st_mode & bit << 3)
    return bool(facts.st_mode & bit)
