"""A plan averages the methods that a back-test of its own history let through, and says where there is none."""

import argparse
from datetime import date
from pathlib import Path

import msgspec
import pytest

from springtide.commands.peak.options import DEMO
from springtide.commands.peak.past import read_past
from springtide.contexts.peak.domain.forecast.combine import OPEN_GATE, USUAL_TOP
from springtide.contexts.peak.domain.plan.inputs import hash_of
from springtide.contexts.peak.domain.plan.methods import gate_of_plan, methods_of_plan
from springtide.contracts.peak.accuracy import ACCURACY_DOCUMENT, KeptAccuracy, decode_accuracy
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.plan import GateState
from springtide.demo.company import LEARNED_FOLDER

KEPT = KeptAccuracy(
    history="abc",
    source="a test",
    horizon_days=91,
    fixed_on=(date(2011, 1, 9),),
    judged_on=(date(2011, 5, 1),),
    members=("fading",),
    top_members={"units": ("moving_average_index",), "revenue": ("theta",), "orders": ("ets",)},
    learned_on="one origin",
    value_added=(),
    scores=(),
    coverage=(),
    seasons=(),
    checks=(),
)


def test_the_back_test_of_this_history_chooses() -> None:
    gate = gate_of_plan(KEPT, "abc")
    assert gate.products == ("fading",)
    assert gate.top_of("revenue_minor") == ("theta",)
    assert gate.top_of("visits") == ("ets",), "what was not judged follows orders"
    shown = methods_of_plan(KEPT, "abc")
    assert (shown.state, shown.totals["revenue"], shown.learned_on) == (GateState.USED, ("theta",), "one origin")


def test_another_history_falls_back_to_the_documented_methods_and_is_shown() -> None:
    assert gate_of_plan(KEPT, "other") is OPEN_GATE
    shown = methods_of_plan(KEPT, "other")
    assert (shown.state, shown.totals["units"], shown.accuracy) == (GateState.STALE, USUAL_TOP, KEPT)
    assert methods_of_plan(None, "abc").state is GateState.NONE


def test_a_document_that_is_none_is_refused() -> None:
    assert decode_accuracy(msgspec.json.encode(KEPT)) == KEPT
    with pytest.raises(InvalidPeakInput) as refused:
        decode_accuracy(b"{}")
    assert refused.value.mistakes[0].where == ACCURACY_DOCUMENT


def test_the_demo_is_planned_by_its_own_back_test() -> None:
    """Its history is read as `springtide peak plan demo` reads it; the command is in docs/peak-accuracy.md."""
    options = argparse.Namespace(
        file=DEMO, events="", catalogue="", visits="", keep=[], timezone="Europe/London", history_until=None
    )
    past = read_past(options)
    kept = decode_accuracy(Path(LEARNED_FOLDER / ACCURACY_DOCUMENT).read_bytes())
    assert kept.history == hash_of(past.demand)
    assert past.calendar.gifts == 2.0
    assert set(kept.members) == {one.method for one in kept.value_added if one.level == "product" and one.is_in}
