"""One number per path becomes a figure with its spread."""

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import quantile_of
from springtide.contracts.peak.common import Band


def band_of(per_path: NDArray[np.floating]) -> Band:
    """Return mean and ranks of one number per path, (paths,)."""
    return Band(
        mean=float(per_path.mean(dtype=np.float64)),
        p10=quantile_of(per_path, 0.10),
        p50=quantile_of(per_path, 0.50),
        p90=quantile_of(per_path, 0.90),
        p99=quantile_of(per_path, 0.99),
    )
