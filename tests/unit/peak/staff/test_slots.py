"""Half hours in which nobody calls are left out, and nothing else changes."""

import numpy as np

from springtide.contexts.peak.domain.queues.lag import lagged_load
from springtide.contexts.peak.domain.staff.slots import Slots

DAYS, PATHS = 4, 30
RANDOM = np.random.Generator(np.random.Philox(3))


def profile() -> np.ndarray:
    """Return a week's end: open from nine to twelve and from two to three, closed on the second day."""
    shares = np.zeros((DAYS, 48))
    shares[[0, 2, 3], 18:24] = 0.1
    shares[[0, 2, 3], 28:30] = 0.2
    return shares


def test_the_load_is_the_one_of_all_half_hours() -> None:
    slots, contacts = Slots(profile=profile()), RANDOM.uniform(0, 500, (PATHS, DAYS))
    everywhere = (contacts[:, :, None].astype(np.float32) * profile().astype(np.float32)).reshape(PATHS, -1)
    arrivals = slots.arrivals(contacts)
    assert (arrivals == everywhere[:, slots.places]).all()
    whole, end = lagged_load(everywhere, service_s=700.0, interval_s=1800.0)
    found, last = lagged_load(arrivals, service_s=700.0, interval_s=1800.0, idle=slots.idle)
    assert (found == whole[:, slots.places]).all()
    assert (last >= end).all()  # the half hours after closing are not waited for


def test_slots_go_back_to_their_places() -> None:
    slots = Slots(profile=profile())
    numbers = np.arange(1, slots.places.size + 1)
    grid = slots.grid(numbers)
    assert (grid[profile() > 0] == numbers).all()
    assert (grid[profile() == 0] == 0).all()
    per_slot = RANDOM.uniform(0, 1, (PATHS, slots.places.size))
    sums = slots.by_day(per_slot)
    assert (sums[:, 1] == 0).all()
    for day in (0, 2, 3):
        assert np.allclose(sums[:, day], per_slot[:, slots.of_day(day)].sum(axis=1))


def test_a_season_without_an_open_half_hour_has_no_slots() -> None:
    slots = Slots(profile=np.zeros((2, 48)))
    assert slots.arrivals(np.ones((3, 2))).shape == (3, 0)
    assert (slots.grid(np.zeros(0, dtype=np.int32)) == 0).all()
    assert (slots.by_day(np.zeros((3, 0))) == 0).all()
