"""Products one by one, week by week: ranks over their own paths, against arithmetic by hand."""

import numpy as np

from springtide.contexts.peak.domain.stock.items import joined_weeks, weekly_of
from springtide.contexts.peak.domain.stock.needs import walk


def test_weeks_are_ranks_of_the_paths() -> None:
    paths = np.arange(1, 11, dtype=np.float32)  # a path sells so many a day
    units = np.repeat(paths[None, :, None], 10, axis=2)
    receipts = np.zeros((1, 10), dtype=np.float32)
    receipts[0, 8] = 20
    walked = walk(units, on_hand=np.array([35], dtype=np.float32), receipts=receipts)
    weeks = weekly_of(units, walked)
    assert weeks.demand[0].tolist() == [[7, 35, 63], [3, 15, 27]]  # P10, P50, P90 of a week and of three days
    assert weeks.stock[0].tolist() == [[0, 0, 21], [0, 8, 35]]  # 20 arrive before the ninth day
    lost = [max(7 * path - 35, 0) for path in range(1, 11)]
    assert weeks.lost[0, 0] == round(np.mean(lost))


def test_stock_never_falls_below_nothing_and_parts_join() -> None:
    chance = np.random.Generator(np.random.Philox(4))
    units = chance.poisson(5.0, (6, 40, 30)).astype(np.float32)
    walked = walk(units, on_hand=np.full(6, 60, dtype=np.float32))
    weeks = weekly_of(units, walked)
    assert weeks.stock.min() >= 0
    assert (np.diff(weeks.lost, axis=1) >= 0).all()
    parts = [
        weekly_of(units[part], walk(units[part], on_hand=np.full(3, 60, dtype=np.float32)))
        for part in (slice(0, 3), slice(3, 6))
    ]
    joined = joined_weeks(parts)
    assert (joined.demand == weeks.demand).all()
    assert (joined.stock == weeks.stock).all()
    assert (joined.lost == weeks.lost).all()
