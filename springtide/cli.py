"""The command line: `springtide --help`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version

from springtide.settings import CONTEXTS, ROLES
from springtide.settings.reading import SettingsProblem, load

_EPILOG = f"""
Settings come from the environment (SPRINGTIDE_...) and an optional springtide.toml; every mistake is named at once.
Roles of `serve`: {", ".join(ROLES)}.

Examples:
  springtide up                                 the whole shop on this machine, engines included
  springtide serve web                          one process of the storefront, the shop API and webhooks
  springtide serve inventory pricing            two contexts in a process of their own
  springtide health                             ask every process how it is
  springtide switch off orders.history --reason "reports are slow"
  springtide fleet up                           the whole shop in several processes behind Caddy
  springtide check                              compare the facts of all contexts and of the payment gateways
  springtide backup                             take a base backup; `backup list` shows what is there
  springtide restore --until 2026-11-27T20:15Z  bring the shop back as it was at a moment
  springtide drill --seed 7                     break things in a throw-away shop while buyers buy
  springtide rehearse black-friday --scale 0.1  a tenth of Black Friday against a running shop
  springtide import demo                        load the demo shop: catalogue, prices, stock, 21 months of orders
  springtide export orders --format csv         write orders to standard output
"""
_IMPORTS = "demo = shop and history; health-product: what /healthz/deep buys"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="springtide",
        description="The commerce platform that plans for, rehearses and survives its own peak.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"springtide {version('springtide')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="start everything on this machine and serve it; Ctrl-C stops it")
    serve = commands.add_parser("serve", help="run some roles in this process, against given engines")
    serve.add_argument("roles", nargs="+", choices=ROLES, metavar="ROLE", help=", ".join(ROLES))
    migrate = commands.add_parser("migrate", help="bring the schemas of the contexts up to date")
    migrate.add_argument("contexts", nargs="*", metavar="CONTEXT", help=f"default: all of {', '.join(CONTEXTS)}")
    migrate.add_argument("--phase", choices=("pre", "post", "all"), default="all", help="before or after a release")
    importing = commands.add_parser("import", help="load data through the bulk ports")
    importing.add_argument("what", choices=("demo", "demo-shop", "demo-history", "health-product"), help=_IMPORTS)
    exporting = commands.add_parser("export", help="write facts to standard output")
    exporting.add_argument("what", choices=("products", "orders", "stock", "baskets", "sales"))
    exporting.add_argument("--format", choices=("csv", "json"), default="csv")
    exporting.add_argument("--imported", action="store_true", help="orders: with those of the history")
    staff = commands.add_parser("staff", help="look after staff accounts")
    staff_commands = staff.add_subparsers(dest="staff_command", required=True, metavar="COMMAND")
    add = staff_commands.add_parser("add", help="add a member of staff; the password is asked for, or read from stdin")
    add.add_argument("email")
    add.add_argument("--name", required=True)
    add.add_argument("--role", action="append", required=True, help="may be repeated: owner, merchandiser, ...")
    check = commands.add_parser("check", help="compare the facts of all contexts; exit 1 when they differ")
    check.add_argument("--json", action="store_true", help="for machines")
    database = commands.add_parser("database", help="connections against their limit, and the upkeep of schemas")
    database_commands = database.add_subparsers(dest="database_command", required=True, metavar="COMMAND")
    budget = database_commands.add_parser("budget", help="what processes may open and what is open; exit 1: too many")
    budget.add_argument(
        "processes", nargs="*", metavar="PROCESS", help="web*4, inventory+pricing; default: those of up"
    )
    database_commands.add_parser("maintain", help="partitions and statistics of all schemas, once")
    _add_backups(commands)
    purge = commands.add_parser("purge", help="make shared caches forget pages; exit 1 when one did not answer")
    what = purge.add_mutually_exclusive_group(required=True)
    what.add_argument("--all", action="store_true", help="everything: after a release")
    what.add_argument("--key", action="append", metavar="KEY", help="a surrogate key (docs/guides/edge-cache.md)")
    _add_drill(commands)
    _add_rehearse(commands)
    commands.add_parser("peak", help="plan a peak from files; `peak --help` lists the steps", add_help=False)
    _add_processes(commands)
    return parser


def _add_drill(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    drill = commands.add_parser("drill", help="buyers, kills and outages in a throw-away shop; exit 1 on differences")
    drill.add_argument("--seed", type=int, help="repeat a schedule; default: a new one, which is printed")
    drill.add_argument("--seeds", type=int, default=1, help="so many drills, one seed after the other (default 1)")
    drill.add_argument("--seconds", type=float, default=30.0, help="how long things are broken (default 30)")
    drill.add_argument("--kills", type=int, default=25, help="how many kill -9 (default 25)")
    drill.add_argument("--buyers", type=int, default=10, help="how many buy at once (default 10)")
    drill.add_argument("--restore", action="store_true", help="instead: lose the data folder, restore it from a backup")
    drill.add_argument("--synchronous", action="store_true", help="with --restore: every commit waits for the archive")
    drill.add_argument("--keep-logs", default="", metavar="FILE", help="write the logs of all processes there")
    drill.add_argument("--report", default="", metavar="FILE", help="write a table of all seeds there, as Markdown")
    drill.add_argument("--json", default="", metavar="FILE", help="write the report there, for machines")
    drill.add_argument(
        "--evidence", default="", metavar="FOLDER", help="keep what it showed there too, for a peak desk"
    )


def _add_rehearse(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    rehearse = commands.add_parser("rehearse", help="put a running deployment under load; exit 1 when it does not hold")
    names = "black-friday, product-drop, everyday, smoke, or the path of a TOML file"
    rehearse.add_argument("scenario", nargs="?", default="smoke", metavar="SCENARIO", help=names)
    rehearse.add_argument("--url", default="", help="the deployment (default: the shop of the settings)")
    rehearse.add_argument("--workers", type=int, default=2, help="processes that make the load here (default 2)")
    rehearse.add_argument("--master", default="", metavar="HOST:PORT", help="where workers of other machines may join")
    rehearse.add_argument("--expect", type=int, default=0, metavar="N", help="wait for so many workers from elsewhere")
    rehearse.add_argument(
        "--worker", default="", metavar="HOST:PORT", help="instead: join the rehearsal of this master"
    )
    rehearse.add_argument("--web", default="", metavar="HOST:PORT", help="show Locust's own page there")
    rehearse.add_argument("--allow-host", action="append", default=[], metavar="NAME", help="a host that is not ours")
    rehearse.add_argument("--scale", type=float, default=1.0, help="times all arrival rates (default 1)")
    rehearse.add_argument("--seed", type=int, help="repeat arrivals and visitors; default: new ones")
    rehearse.add_argument(
        "--baskets", default="", metavar="FILE", help="what `export baskets` wrote; default: the demo's"
    )
    rehearse.add_argument("--metrics", action="append", default=[], metavar="URL", help="default: /metrics of the shop")
    rehearse.add_argument("--no-books", action="store_true", help="look from outside only")
    rehearse.add_argument(
        "--cancel", action="store_true", help="cancel all its orders afterwards: their units are free"
    )
    rehearse.add_argument("--evidence", default="rehearsals", metavar="FOLDER", help="reports (default: rehearsals)")
    rehearse.add_argument(
        "--schedule", default="", metavar="WHEN", help='"daily 03:00", "weekly mon 03:00", "every 6h"'
    )
    rehearse.add_argument("--json", action="store_true", help="print the report for machines")


def _add_processes(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    health = commands.add_parser("health", help="ask every process how it is; exit 1 when one is not ready")
    health.add_argument("role", nargs="?", choices=ROLES, metavar="ROLE", help="only processes with this role")
    health.add_argument("--json", action="store_true", help="for machines")
    switch = commands.add_parser("switch", help="switch a method of a contract off, or on again, in every process")
    switch.add_argument("to", choices=("off", "on"))
    switch.add_argument("method", metavar="METHOD", help="like orders.history")
    switch.add_argument("--reason", required=True, help="for whoever looks next")
    switch.add_argument("--by", default="", help="who moves it (default: the name you are logged in with)")
    _add_fleet(commands.add_parser("fleet", help="the processes of a shop on this machine, behind Caddy"))
    commands.add_parser("switches", help="what is switched off; who moved which switch, when and why")


def _add_backups(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = commands.add_parser("backup", help="back the shop up: base backups and every change after them")
    whats = ("now", "list", "verify", "prune", "archive")
    words = "now (default), list, verify, prune (delete old ones), archive (a given database, until Ctrl-C)"
    backup.add_argument("what", nargs="?", choices=whats, default="now", help=words)
    backup.add_argument("--dir", default="", metavar="FOLDER", help="the backup folder; default: that of the settings")
    backup.add_argument("--backup", default="", metavar="ID", help="verify: only this one")
    backup.add_argument("--without-secrets", action="store_true", help="now: leave the data folder's secrets out")
    backup.add_argument("--keep-days", type=float, help="prune: for how long a backup is kept")
    restore = commands.add_parser("restore", help="bring the shop back from a backup, to the last change or a moment")
    restore.add_argument("--dir", default="", metavar="FOLDER", help="the backup folder; default: that of the settings")
    restore.add_argument("--backup", default="", metavar="ID", help="default: the newest before the moment")
    restore.add_argument("--until", default="", metavar="MOMENT", help="like 2026-11-27T20:15:00Z; default: the last")
    restore.add_argument("--replace", action="store_true", help="move what lies in the data folder aside")
    restore.add_argument("--no-verify", action="store_true", help="do not compare the backup with its checksums first")
    restore.add_argument("--into", default="", metavar="FOLDER", help="only make a data directory, for your own server")
    restore.add_argument("--only-events", action="store_true", help="only put events right after a restore elsewhere")


def _add_fleet(fleet: argparse.ArgumentParser) -> None:
    verbs = fleet.add_subparsers(dest="fleet_command", required=True, metavar="COMMAND")
    up = verbs.add_parser("up", help="start everything and keep it alive; Ctrl-C or `fleet down` stops it")
    up.add_argument("--file", default="", metavar="FILE", help="groups, scaling, canary (default: fleet.toml if there)")
    status = verbs.add_parser("status", help="a line per process")
    status.add_argument("--json", action="store_true", help="for machines")
    scale = verbs.add_parser("scale", help="give a group a number of processes, or back to its request rate")
    scale.add_argument("group", metavar="GROUP")
    scale.add_argument("count", metavar="N", help="a number, or auto")
    roll = verbs.add_parser("roll", help="replace every process by another release, canary first")
    which = roll.add_mutually_exclusive_group(required=True)
    which.add_argument("--release", default="", metavar="PATH", help="a checkout or virtual environment")
    which.add_argument("--python", default="", metavar="PATH", help="an interpreter that has the release")
    which.add_argument("--back", action="store_true", help="the release that ran before")
    verbs.add_parser("down", help="end every process in order")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 a problem said in one line, 2 wrong words."""
    parser = _parser()
    options, words = parser.parse_known_args(arguments)
    if words and options.command != "peak":  # whose own parser reads the words after its name
        parser.error(f"unrecognized arguments: {' '.join(words)}")
    options.words = words
    try:
        settings = load()
    except SettingsProblem as problem:
        sys.stderr.write(f"springtide: the settings are not right\n{problem}\n")
        return 1
    run: Callable[..., int] = import_module(f"springtide.commands.{options.command}_command").run
    return run(settings, options)


if __name__ == "__main__":
    sys.exit(main())
