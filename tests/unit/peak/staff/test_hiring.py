"""Seasonal hires, planned backwards: the values of planning.md section 4."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from springtide.contexts.peak.domain.staff.hiring import Ramp, hires_for, invitations, plan_hires, productive_fte

RAMP = Ramp(speed=(0.70, 0.85, 1.0), weekly_retention=1.0, trainer_share=0.0)
LEAVING = Ramp(speed=(0.70, 0.85, 1.0), weekly_retention=0.9, trainer_share=0.15)


def test_40_fte_need_58_hires_in_their_first_week_and_48_one_ramp_week_earlier() -> None:
    assert hires_for(40, RAMP) == 58
    assert hires_for(40, RAMP, weeks_before=1) == 48


def test_40_present_with_a_chance_of_90_percent_at_a_show_rate_of_80_need_55() -> None:
    assert invitations(40, show_rate=0.8, chance=0.9) == 55
    assert binom.sf(39, 54, 0.8) < 0.9 <= binom.sf(39, 55, 0.8)
    assert invitations(0, show_rate=0.8, chance=0.9) == 0
    assert invitations(3, show_rate=1.0, chance=0.9) == 3


def test_productive_is_hires_times_retention_times_ramp() -> None:
    found = productive_fte([10, 0, 5, 0], LEAVING)
    assert found == pytest.approx([7.0, 7.65, 8.1 + 3.5, 7.29 + 3.825])


def test_trainers_time_is_taken_off_the_first_week() -> None:
    plan = plan_hires(np.array([7.0]), LEAVING, weeks_before=0, show_rate=1.0, chance=0.9)
    assert plan.starting.tolist() == [13]  # 13 x (.70 - .15) = 7.15
    assert plan.productive == pytest.approx([7.15])


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(gap=st.lists(st.floats(0, 60), min_size=1, max_size=15), before=st.integers(0, 3))
def test_no_week_stays_open_and_one_fewer_would_leave_one(gap: list[float], before: int) -> None:
    plan = plan_hires(np.array(gap), LEAVING, weeks_before=before, show_rate=0.8, chance=0.9)
    assert (plan.productive[before:] >= np.array(gap) - 1e-6).all()
    assert (plan.invited >= plan.starting).all()
    rebuilt = productive_fte(plan.starting.tolist(), LEAVING) - plan.starting * LEAVING.trainer_share
    assert plan.productive == pytest.approx(rebuilt)
    if max(gap) == 0:
        assert plan.starting.sum() == 0
