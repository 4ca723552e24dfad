"""The busiest minute of an hour: what the company says, else what its history shows, else a documented assumption."""

from springtide.contexts.peak.domain.history.minutes import Burst
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.plan import FigureSource, PeakMinute

ASSUMED_TIMES = 3.0
"""The busiest minute of an hour over its average one, where nobody measured it: an assumption, on the page as such."""
ASSUMED = PeakMinute(times=ASSUMED_TIMES, source=FigureSource.ASSUMED)


def peak_minute_of(company: Company, burst: Burst | None) -> PeakMinute:
    """Return the figure with where it comes from. A history of quiet days knows nothing of a sale that opens:
    a shop that opens one says its own figure in hosting.toml.
    """
    said = company.hosting.peak_minute
    if said is not None:
        return PeakMinute(times=float(said.value), source=FigureSource.COMPANY, note=said.source or said.assumption)
    if burst is None:
        return ASSUMED
    return PeakMinute(times=burst.times, source=FigureSource.MEASURED, hours=burst.hours, orders=burst.orders)
