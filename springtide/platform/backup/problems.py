"""What can go wrong with backups, each as one line for the person at the terminal.

EngineProblem (platform.embedded)
├── NoBackup         there is none, or none before the moment asked for
├── WrongFolder      the folder is not a backup folder, or belongs to another database
├── DamagedBackup    a backup is not whole, or the log after it has a gap
├── NotEmpty         data lies where the backup is to be restored
└── BackupFailed     one of PostgreSQL's programs gave up
"""

from springtide.platform.embedded.problems import EngineProblem


class NoBackup(EngineProblem):
    """There is no backup that could serve."""


class WrongFolder(EngineProblem):
    """The folder is somebody else's; nothing in it was touched."""


class DamagedBackup(EngineProblem):
    """A backup is not whole, or the log of changes after it has a gap."""


class NotEmpty(EngineProblem):
    """Data lies where the backup is to be restored; nothing of it was touched."""


class BackupFailed(EngineProblem):
    """One of PostgreSQL's programs gave up; the text ends with its last words."""
