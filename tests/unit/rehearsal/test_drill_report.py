"""What a drill tells people: the text of one seed, and the page of many."""

from springtide.contracts.common import Finding
from springtide.rehearsal.drill.document import as_document
from springtide.rehearsal.drill.report import DrillReport, as_text
from springtide.rehearsal.drill.schedule import Bounds

BOUNDS = Bounds(seed=4, seconds=30, kills=25, buyers=10)


def report(seed: int = 4, **changes: object) -> DrillReport:
    fields = {
        "seed": seed,
        "seconds": 30.0,
        "buyers": 10,
        "kills_asked": 25,
        "kills": {"checkout": 14, "web": 11},
        "at_steps": {"orders.place.after": 3},
        "others": {"NATS stopped": 1, "gateway misbehaves: slow": 2},
        "skipped": [],
        "unreached": {},
        "purchases": 40,
        "succeeded": 30,
        "outcomes": {"completed": 30, "declined": 6, "refused": 3, "expired": 1},
        "refused": {"total_changed": 2},
        "answers": {"200": 100},
        "gave_up": 0,
        "repeats": 7,
        "undone": 1,
        "unheard": 2,
        "shipped": 5,
        "cancelled": 3,
        "compared": {"a success answer has its order": 30},
        "findings": [],
        "recovery_s": 5.0,
        "took_s": 61.4,
    }
    return DrillReport(**{**fields, **changes})


def test_the_text_says_what_was_done_and_how_to_repeat_it():
    text = as_text(report())
    assert "Drill with seed 4: 25 kills in 30 s, 10 buyers." in text
    assert "14 checkout, 11 web" in text
    assert "No differences." in text
    assert "springtide drill --seed 4 --kills 25 --seconds 30 --buyers 10" in text


def test_the_text_names_every_difference_and_what_was_skipped():
    finding = Finding(rule="every charge is known", subject="pay_1", detail="5 kept")
    text = as_text(report(findings=[finding], skipped=["disk full: only root may mount a small tmpfs"]))
    assert "DIFFERENCE  every charge is known  pay_1: 5 kept" in text
    assert "1 differences." in text
    assert "skipped             disk full: only root may mount a small tmpfs" in text


def test_the_page_has_a_row_for_each_seed_and_the_sums():
    page = as_document([report(4), report(5, kills={"web": 30}, succeeded=12)], BOUNDS)
    assert "**55 kills, 42 orders answered with success, 0 differences.**" in page
    assert "| seed | kills | checkout | web | at steps | other faults | success |" in page
    assert "| 4 | 25 | 14 | 11 | 3 | 3 | 30 | 5 | 7 | 1 | 0 | 61 |" in page
    assert "| 5 | 30 | 0 | 30 | 3 | 3 | 12 | 5 | 7 | 1 | 0 | 61 |" in page
    assert "| all | 55 | 14 | 41 | 6 | 6 | 42 | 10 | 14 | 2 | 0 | 122 |" in page
    assert "| gateway misbehaves: slow | 4 |" in page
    assert "springtide drill --seed 4 --seeds 2 --kills 25 --seconds 30 --buyers 10" in page


def test_the_page_lists_differences_by_seed():
    finding = Finding(rule="every charge is known", subject="pay_1", detail="5 kept")
    page = as_document([report(4), report(5, findings=[finding])], BOUNDS)
    assert "1 differences." in page
    assert "- seed 5: every charge is known: pay_1: 5 kept" in page
