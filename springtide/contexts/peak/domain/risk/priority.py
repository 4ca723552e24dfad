"""Whether to act on a risk: severity first, then likelihood, then detection, by a table anybody can read.

The three are places on scales, not amounts: their product (RPN) is not used, since 9 x 2 x 2 would stand below
4 x 4 x 4 although it may end the season. In the manner of the action priority of AIAG and VDA; the rows and reasons are
our own.
"""

from dataclasses import dataclass

from springtide.contracts.peak.risk import Priority


@dataclass(frozen=True, slots=True)
class Row:
    """From these values on, all three, the priority is this; the first row that fits counts. `reason`: a phrase."""

    severity: int
    likelihood: int
    detection: int
    priority: Priority
    reason: str


TABLE = (
    Row(9, 4, 1, Priority.HIGH, "risk.ends_season_may_happen"),
    Row(9, 2, 5, Priority.HIGH, "risk.ends_season_seen_late"),
    Row(9, 2, 1, Priority.MEDIUM, "risk.ends_season_rare"),
    Row(7, 7, 1, Priority.HIGH, "risk.costly_and_usual"),
    Row(7, 4, 5, Priority.HIGH, "risk.costly_seen_late"),
    Row(7, 4, 1, Priority.MEDIUM, "risk.costly_seen_soon"),
    Row(7, 2, 7, Priority.MEDIUM, "risk.costly_rare_unseen"),
    Row(4, 8, 5, Priority.HIGH, "risk.annoying_all_the_time"),
    Row(4, 7, 1, Priority.MEDIUM, "risk.annoying_often"),
    Row(4, 4, 7, Priority.MEDIUM, "risk.annoying_unseen"),
    Row(1, 9, 9, Priority.MEDIUM, "risk.small_but_always"),
)
OTHERWISE = Row(1, 1, 1, Priority.LOW, "risk.accepted")


def priority_of(severity: int, likelihood: int, detection: int) -> Row:
    """Return the row that decides."""
    for row in TABLE:
        if severity >= row.severity and likelihood >= row.likelihood and detection >= row.detection:
            return row
    return OTHERWISE
