"""Keeps the process that answers questions: started by the first one, gone after some minutes without any."""

import asyncio
import sys
from asyncio.subprocess import Process

import msgspec

from springtide.contexts.peak.providers.plan_messages import LONGEST_LINE, Ended, Failed, Message
from springtide.contexts.peak.providers.question_messages import Question
from springtide.contracts.peak.errors import Mistake
from springtide.platform.tasks import patiently

PROGRAM = ("-m", "springtide.contexts.peak.providers.question_process")
RESTS_AFTER_S = 300.0
_GONE_WITHIN_S = 5.0
_WHERE = "question"


class QuestionProcess:
    """One process, one question at a time: who uses it sees to that."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._asked_at = 0.0

    async def answer(self, question: Question, *, within_s: float) -> list[Message]:
        """Return what is answered, `Ended` or `Failed` last; a process that does not come to an end in time has failed.

        Such a process is ended: what it would still say belongs to nobody.
        """
        process = await self._running()
        said: list[Message] = []
        try:
            async with asyncio.timeout(within_s):
                await _ask(process, question, said)
        except TimeoutError:
            said.append(_failed("too_slow", f"there was no answer within {within_s:g} s"))
        except (BrokenPipeError, ConnectionResetError):
            said.append(_failed("crashed", "the process that answers has gone"))
        finally:
            self._asked_at = asyncio.get_running_loop().time()
            if not said or not isinstance(said[-1], Ended | Failed) or _is_broken(said[-1]):
                await self.close()
        return said

    async def rest(self) -> None:
        """End the process when nobody has asked for a while."""
        if self._process and asyncio.get_running_loop().time() - self._asked_at > RESTS_AFTER_S:
            await self.close()

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await patiently(asyncio.create_task(process.wait()), within_s=_GONE_WITHIN_S)

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *PROGRAM,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LONGEST_LINE,
            )
        return self._process


async def _ask(process: Process, question: Question, said: list[Message]) -> None:
    if process.stdin is None or process.stdout is None:
        message = "the process was started with pipes"
        raise AssertionError(message)
    process.stdin.write(msgspec.json.encode(question) + b"\n")
    await process.stdin.drain()
    async for line in process.stdout:
        said.append(msgspec.json.decode(line, type=Message))
        if isinstance(said[-1], Ended | Failed):
            return
    said.append(_failed("crashed", "the process that answers ended before its answer"))


def _failed(rule: str, words: str) -> Failed:
    return Failed((Mistake(where=_WHERE, rule=rule, message=words),))


def _is_broken(last: Message) -> bool:
    return isinstance(last, Failed) and last.mistakes[0].where == _WHERE
