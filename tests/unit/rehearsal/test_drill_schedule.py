"""The schedule of a drill: a seed repeats itself, and every step that can be killed at is in the list."""

import ast
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

import springtide
from springtide.bootstrap.specs import spec_of
from springtide.rehearsal.drill.points import POINTS
from springtide.rehearsal.drill.schedule import PROCESSES, SCENARIOS, Bounds, Kind, schedule
from springtide.sandbox.model import Scenario
from springtide.settings import CONTEXTS

BOUNDS = Bounds(seed=7, seconds=30, kills=25, buyers=10)
AWAY = {Kind.POSTGRES_STOPPED, Kind.NATS_STOPPED, Kind.POOL_EXHAUSTED, Kind.DISK_FULL}
PACKAGE = Path(springtide.__file__).parent


def test_a_seed_repeats_its_schedule():
    assert schedule(BOUNDS) == schedule(BOUNDS)
    assert schedule(BOUNDS) != schedule(Bounds(seed=8, seconds=30, kills=25, buyers=10))


@pytest.mark.parametrize("seed", range(20))
def test_a_schedule_has_its_kills_and_every_other_fault(seed: int):
    acts = schedule(Bounds(seed=seed, seconds=30, kills=25, buyers=10))
    kinds = Counter(act.kind for act in acts)
    assert kinds[Kind.KILL] + kinds[Kind.KILL_AT_STEP] == 25
    assert kinds[Kind.KILL_AT_STEP] == 17
    assert {kind: kinds[kind] for kind in AWAY} == dict.fromkeys(AWAY, 1)
    assert {act.target for act in acts if act.kind is Kind.GATEWAY} == set(SCENARIOS)
    assert {act.target for act in acts if act.kind is Kind.KILL} <= set(PROCESSES)
    assert all(act.offset_s > 0 for act in acts if act.kind is Kind.CLOCK)
    assert [act.at_s for act in acts] == sorted(act.at_s for act in acts)
    assert all(1 <= act.at_s <= 29 for act in acts if act.kind not in {Kind.CLOCK, Kind.GATEWAY})


@pytest.mark.parametrize("seed", range(20))
def test_what_takes_everything_away_happens_one_after_the_other(seed: int):
    acts = [act for act in schedule(Bounds(seed=seed, seconds=30, kills=5, buyers=2)) if act.kind in AWAY]
    assert all(first.at_s + first.lasts_s < second.at_s for first, second in pairwise(acts))


def test_many_seeds_reach_every_point_and_every_process():
    acts = [act for seed in range(60) for act in schedule(Bounds(seed=seed, seconds=30, kills=50, buyers=2))]
    assert {act.target for act in acts if act.kind is Kind.KILL} == set(PROCESSES)
    assert {act.target for act in acts if act.kind is Kind.KILL_AT_STEP} == {point.name for point in POINTS}


def test_the_gateway_knows_every_misbehaviour():
    for fields in SCENARIOS.values():
        assert msgspec.convert(fields, Scenario)


def failpoints_in_the_code() -> list[re.Pattern[str]]:
    """Return every argument of `failpoint(…)` as a pattern; what an f-string fills in may be anything but a dot."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint"
            if is_call:
                found.append(re.compile(pattern_of(node.args[0])))
    return found


def pattern_of(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant):
        return re.escape(str(argument.value))
    assert isinstance(argument, ast.JoinedStr), ast.unparse(argument)
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[a-z_]+" for part in argument.values
    )


def test_the_list_of_points_and_the_code_know_the_same_steps():
    patterns = failpoints_in_the_code()
    assert len(patterns) > 5
    names = [point.name for point in POINTS]
    assert [name for name in names if not any(pattern.fullmatch(name) for pattern in patterns)] == []
    assert [one.pattern for one in patterns if not any(one.fullmatch(name) for name in names)] == []


def test_a_point_at_a_call_names_a_verb_of_a_contract():
    verbs = {f"{context}.{verb}" for context in CONTEXTS for verb in spec_of(context).contract.methods}
    calls = {point.name.rpartition(".")[0] for point in POINTS}
    steps = {"hold", "authorise", "awaiting_buyer", "unknown", "claim", "place"}
    own = {f"checkout.{step}" for step in steps}
    own |= {f"payments.gateway_{order}" for order in ("start", "capture", "void", "refund")}
    assert calls - own <= verbs
    assert len(POINTS) == len({point.name for point in POINTS})
