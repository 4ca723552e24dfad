"""Slow statements are logged by name; nothing of what they were asked is."""

import pytest
import structlog

from springtide.platform.slow import Watch
from springtide.platform.telemetry import REGISTRY


def _count(statement: str) -> float:
    return (
        REGISTRY.get_sample_value("springtide_slow_statements_total", {"context": "probe", "statement": statement}) or 0
    )


def test_slow_one_is_logged_and_counted_by_name() -> None:
    with structlog.testing.capture_logs() as logs:
        Watch("probe", 0.1).took(0.25, ("find_order",), 3)
    assert logs == [
        {
            "event": "statement.slow",
            "log_level": "warning",
            "context": "probe",
            "statements": ["find_order"],
            "seconds": 0.25,
            "rows": 3,
        }
    ]
    assert _count("find_order") == 1


@pytest.mark.parametrize(("slow_s", "seconds"), [(0.1, 0.05), (0.0, 99.0)])
def test_quick_one_and_a_watch_that_is_off_say_nothing(slow_s: float, seconds: float) -> None:
    with structlog.testing.capture_logs() as logs:
        Watch("probe", slow_s).took(seconds, ("quick",), 1)
    assert logs == []
    assert _count("quick") == 0
