"""When somebody looks again. All in seconds.

Leases may be shorter than a call to a gateway takes: two who ask the same under the same key get the same answer, and
what is written down twice changes nothing. Short leases mean that the work of a killed process goes on soon.
"""

START_LEASE_S = 8.0
OPERATION_LEASE_S = 8.0
LOOK_LEASE_S = 20.0
UNKNOWN_PAUSES_S = (0.5, 1, 2, 5, 10, 30, 60, 300)
WAITING_PAUSES_S = (3, 10, 30, 60, 120)
OPERATION_PAUSES_S = (0.5, 1, 2, 5, 15, 60, 300, 900)
PARKED_PAUSES_S = (0.3, 1, 3, 10, 60, 300)
PARKED_FOR_S = 7 * 86_400
STUCK_AFTER_S = 3_600


def pause(pauses_s: tuple[float, ...], tries: int) -> float:
    """Return the pause after so many tries; the last one repeats."""
    return pauses_s[min(tries, len(pauses_s) - 1)]
