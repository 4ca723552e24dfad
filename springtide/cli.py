"""The command line: `springtide --help`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version

from springtide.settings import CONTEXTS, ROLES, SettingsProblem, load

_EPILOG = f"""
Settings come from the environment (SPRINGTIDE_...) and an optional springtide.toml; every mistake is named at once.
Roles of `serve`: {", ".join(ROLES)}.

Examples:
  springtide up                                 the whole shop on this machine, engines included
  springtide serve web                          one process of the storefront, the shop API and webhooks
  springtide serve inventory pricing            two contexts in a process of their own
  springtide check                              compare the facts of all contexts and of the payment gateways
  springtide drill --seed 7                     break things in a throw-away shop while buyers buy
  springtide import demo                        load the demo shop: catalogue, prices, stock, 21 months of orders
  springtide export orders --format csv         write orders to standard output
"""


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
    importing.add_argument("what", choices=("demo", "demo-shop", "demo-history"), help="demo = shop and history")
    exporting = commands.add_parser("export", help="write facts to standard output")
    exporting.add_argument("what", choices=("products", "orders", "stock"))
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
    purge = commands.add_parser("purge", help="make shared caches forget pages; exit 1 when one did not answer")
    what = purge.add_mutually_exclusive_group(required=True)
    what.add_argument("--all", action="store_true", help="everything: after a release")
    what.add_argument("--key", action="append", metavar="KEY", help="a surrogate key (docs/guides/edge-cache.md)")
    drill = commands.add_parser("drill", help="buyers, kills and outages in a throw-away shop; exit 1 on differences")
    drill.add_argument("--seed", type=int, help="repeat a schedule; default: a new one, which is printed")
    drill.add_argument("--seeds", type=int, default=1, help="so many drills, one seed after the other (default 1)")
    drill.add_argument("--seconds", type=float, default=30.0, help="how long things are broken (default 30)")
    drill.add_argument("--kills", type=int, default=25, help="how many kill -9 (default 25)")
    drill.add_argument("--buyers", type=int, default=10, help="how many buy at once (default 10)")
    drill.add_argument("--keep-logs", default="", metavar="FILE", help="write the logs of all processes there")
    drill.add_argument("--report", default="", metavar="FILE", help="write a table of all seeds there, as Markdown")
    drill.add_argument("--json", default="", metavar="FILE", help="write the report there, for machines")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 a problem said in one line, 2 wrong words."""
    options = _parser().parse_args(arguments)
    try:
        settings = load()
    except SettingsProblem as problem:
        sys.stderr.write(f"springtide: the settings are not right\n{problem}\n")
        return 1
    run: Callable[..., int] = import_module(f"springtide.commands.{options.command}_command").run
    return run(settings, options)


if __name__ == "__main__":
    sys.exit(main())
