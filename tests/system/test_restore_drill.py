"""A shop loses its data folder while buyers buy: it comes back from its backup with every order it answered."""

import pytest

from springtide.commands.drill_restore import Bounds, drill_restore


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_no_answered_order_is_lost_when_every_commit_waits_for_the_archive():
    report = await drill_restore(Bounds(seconds=3, buyers=5, synchronous=True), say=print)
    print(report.as_text())  # noqa: T201 - shown by pytest when it fails
    assert [f"{row.rule} {row.subject}: {row.detail}" for row in report.findings] == []
    assert (report.lost_orders, report.lost_s) == (0, 0.0)
    assert report.told_before > 0
    assert report.told_after > 0


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_without_waiting_what_is_lost_is_counted_in_seconds():
    report = await drill_restore(Bounds(seconds=5, buyers=6, synchronous=False), say=print)
    print(report.as_text())  # noqa: T201 - as above
    assert [f"{row.rule} {row.subject}: {row.detail}" for row in report.findings] == []
    assert report.lost_s < 1
    assert report.told_after > 0
