"""One number per path becomes a figure with its spread."""

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import rank_of
from springtide.contracts.peak.common import Band


def band_of(per_path: NDArray[np.floating]) -> Band:
    """Return mean and ranks of one number per path, (paths,)."""
    ranked = np.sort(per_path, kind="stable")  # once for all ranks: a plan has thousands of bands
    p10, p50, p90, p99 = (float(ranked[rank_of(share, ranked.size)]) for share in (0.10, 0.50, 0.90, 0.99))
    return Band(mean=float(per_path.mean(dtype=np.float64)), p10=p10, p50=p50, p90=p90, p99=p99)
