"""What the fixtures of these tests give."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest

from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.folders import DataFolder

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another account")


@dataclass(frozen=True, slots=True)
class Kept:
    """Engines that live in another process."""

    engines: Engines
    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


Keep = Callable[[DataFolder], AbstractAsyncContextManager[Kept]]
Until = Callable[[Callable[[], Awaitable[bool] | bool]], Awaitable[None]]
