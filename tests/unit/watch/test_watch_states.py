from datetime import time

from springtide.channels.watch.rules import Alert, Level
from springtide.channels.watch.states import Standing, is_within, moved, news_for, told

LAG = Alert(name="relay-lag", subject="orders", level=Level.CRITICAL, text="late", holds_for_s=60)
DISK = Alert(name="disk-low", subject="/data", level=Level.WARNING, text="14 GB left")


class Person:
    """Hears everything that is news, turn by turn."""

    def __init__(self) -> None:
        self.stands: dict[str, Standing] = {}
        self.heard: list[tuple[str, str]] = []

    def turn(self, at_s: float, *alerts: Alert, is_quiet: bool = False) -> list[tuple[str, str]]:
        self.stands = moved(self.stands, alerts, now_s=at_s)
        news = news_for("mail", self.stands, is_quiet=is_quiet)
        for each in news:
            self.stands = told(self.stands, "mail", each)
        return [(each.alert.name, "over" if each.is_over else str(each.alert.level)) for each in news]


def test_an_alert_is_told_when_it_has_held_and_once_when_it_is_over() -> None:
    person = Person()
    assert person.turn(0, LAG) == []
    assert person.turn(59, LAG) == []
    assert person.turn(60, LAG) == [("relay-lag", "critical")]
    assert [person.turn(70 + 10 * number, LAG) for number in range(50)] == [[]] * 50
    assert person.turn(600) == []
    assert person.turn(679) == []
    assert person.turn(681) == [("relay-lag", "over")]
    assert person.turn(691) == []
    assert person.stands == {}


def test_what_flickers_is_neither_told_before_it_held_nor_over_before_it_was_right_for_a_while() -> None:
    person = Person()
    for at_s in range(0, 300, 20):  # never a minute long
        assert person.turn(at_s, *((LAG,) if at_s % 40 else ())) == []
    assert person.turn(400, DISK) == [("disk-low", "warning")]
    for at_s in range(410, 900, 20):
        assert person.turn(at_s, *((DISK,) if at_s % 40 == 10 else ())) == []


def test_an_alert_that_comes_back_is_told_again() -> None:
    person = Person()
    assert person.turn(0, DISK) == [("disk-low", "warning")]
    assert person.turn(200) == [("disk-low", "over")]
    assert person.turn(210, DISK) == [("disk-low", "warning")]


def test_a_warning_that_becomes_critical_is_told_again() -> None:
    person = Person()
    worse = Alert(name="disk-low", subject="/data", level=Level.CRITICAL, text="1 GB left")
    assert person.turn(0, DISK) == [("disk-low", "warning")]
    assert person.turn(10, worse) == [("disk-low", "critical")]
    assert person.turn(20, worse) == []
    assert person.turn(30, DISK) == []


def test_in_quiet_hours_a_warning_waits_and_a_critical_one_does_not() -> None:
    person = Person()
    assert person.turn(0, DISK, LAG, is_quiet=True) == []
    assert person.turn(60, DISK, LAG, is_quiet=True) == [("relay-lag", "critical")]
    assert person.turn(70, DISK, LAG) == [("disk-low", "warning")]


def test_a_warning_that_came_and_went_in_quiet_hours_is_told_to_nobody() -> None:
    person = Person()
    assert person.turn(0, DISK, is_quiet=True) == []
    assert person.turn(200, is_quiet=True) == []
    assert person.turn(210) == []


def test_who_could_not_be_told_is_told_at_the_next_turn_and_the_other_not_again() -> None:
    stands = moved({}, [DISK], now_s=0)
    [news] = news_for("webhook", stands, is_quiet=False)
    stands = told(stands, "webhook", news)
    stands = moved(stands, [DISK], now_s=10)
    assert news_for("webhook", stands, is_quiet=False) == []
    assert [each.key for each in news_for("mail", stands, is_quiet=False)] == [DISK.key]


def test_quiet_hours_may_go_over_midnight() -> None:
    night = (time(22), time(7))
    assert [is_within(time(hour), night) for hour in (21, 22, 0, 6, 7)] == [False, True, True, True, False]
    noon = (time(12), time(13))
    assert [is_within(time(hour), noon) for hour in (11, 12, 13)] == [False, True, False]
    assert not is_within(time(3), None)
