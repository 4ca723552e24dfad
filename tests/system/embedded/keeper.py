"""Keeps the engines of a data folder up until it is ended: `keeper.py FOLDER`. Prints one JSON line when they are."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from springtide.platform.embedded.engines import running_engines
from springtide.platform.embedded.folders import open_data_folder
from springtide.platform.embedded.foreground import run_foreground


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - a program


async def keep() -> int:
    async with running_engines(open_data_folder(Path(sys.argv[1]), say=say), say=say) as engines:
        print(json.dumps(asdict(engines)), flush=True)  # noqa: T201 - a program
        await asyncio.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(run_foreground(keep, say=say))
