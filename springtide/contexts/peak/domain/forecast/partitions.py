"""The one seam through which fits are spread: here now, on a cluster of Fugue's engines where one is installed.

Results come in the order of the parts, so a plan does not depend on where it was made.
"""

import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from typing import TypeVar

import pandas as pd
from fugue.workflow.api import transform

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

ENGINES = {"native": "fugue", "ray": "ray", "spark": "pyspark", "dask": "dask"}
"""Fugue's name of an engine -> the library it needs; "native" is Fugue on this machine."""
_Part = TypeVar("_Part")
_Result = TypeVar("_Result")


def map_partitions(
    work: Callable[[_Part], _Result], parts: Sequence[_Part], engine: str | None = None, *, processes: int = 1
) -> list[_Result]:
    """Return `work` of every part, in order. `engine`: None works here, in `processes` processes.

    `work` is a function of a module and parts can be pickled. Raises InvalidPeakInput for an engine that is unknown or
    not installed.
    """
    if engine is not None:
        return _on(engine, work, parts)
    if processes <= 1 or len(parts) <= 1:
        return [work(part) for part in parts]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, parts))


def _on(engine: str, work: Callable[[_Part], _Result], parts: Sequence[_Part]) -> list[_Result]:
    """Send pickled parts through Fugue, one partition each, and put the answers in order."""
    if engine not in ENGINES:
        message = f"there is no engine {engine}; known are {', '.join(ENGINES)}, or none for this machine"
        raise InvalidPeakInput.of([Mistake(where="engine", rule="unknown_engine", message=message)])
    library = ENGINES[engine]
    if find_spec(library) is None:
        message = f"{engine} needs {library}, which is not installed here"
        raise InvalidPeakInput.of([Mistake(where="engine", rule="engine_missing", message=message)])
    table = pd.DataFrame({"place": range(len(parts)), "part": [pickle.dumps((work, part)) for part in parts]})
    answers = transform(
        table, _answer, schema="place:long,answer:binary", partition={"by": ["place"]}, engine=engine, as_local=True
    )
    found = dict(zip(answers["place"], answers["answer"], strict=True))
    return [pickle.loads(found[place]) for place in range(len(parts))]  # noqa: S301 - made by ourselves just now


def _answer(table: pd.DataFrame) -> pd.DataFrame:
    """Do the work of one partition on whatever machine Fugue put it."""
    answers = []
    for packed in table["part"]:
        work, part = pickle.loads(packed)  # noqa: S301 - made by ourselves just now
        answers.append(pickle.dumps(work(part)))
    return pd.DataFrame({"place": table["place"].to_numpy(), "answer": answers})
