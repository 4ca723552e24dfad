"""Backup of PostgreSQL and of the shop's files, and the way back: base backups plus everything written since.

shelf     the backup folder: its layout, what is in it, what may go
programs  the wheel's client programs, told where the server is without a password on a command line
take      one base backup, written beside the others and then there whole
archive   receives the log of changes as it is written, keeps files and base backups fresh
copies    copying trees with progress, never half a file
recovery  a data directory that recovers to a moment
server    waiting for a server that recovers
verify    is a backup whole, and the log after it without a gap
problems  what can go wrong, each as one line

The programs are PostgreSQL's own: pg_basebackup, pg_receivewal, pg_waldump, pg_archivecleanup.
"""
