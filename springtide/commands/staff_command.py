"""`springtide staff add`: make the first accounts of the back office."""

import argparse
import asyncio
import getpass
import sys

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, fail
from springtide.contracts.customers.api import CustomersApi, Role
from springtide.platform.caller import system
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.errors import SpringtideError
from springtide.platform.usecase import new_key
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Add a member of staff; a refusal is one line and exit code 1."""
    known = {role.value for role in Role}
    wrong = [role for role in options.role if role not in known]
    if wrong:
        sys.stderr.write(f"springtide: no such role: {', '.join(wrong)} (there are {', '.join(sorted(known))})\n")
        return 2
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        asyncio.run(add_staff(settings, options.email, options.name, password, tuple(Role(r) for r in options.role)))
    except (EngineProblem, SpringtideError) as problem:
        return fail(problem)
    sys.stdout.write(f"{options.email} can sign in to the back office as {', '.join(options.role)}.\n")
    return 0


async def add_staff(settings: Settings, email: str, name: str, password: str, roles: tuple[Role, ...]) -> None:
    """Add through the customers contract, in this process."""
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {"customers"}, background=False, serve=False) as node,
    ):
        await node.ask(CustomersApi).add_staff(
            caller=system("cli"), key=new_key(), email=email, name=name, password=password, roles=roles
        )
