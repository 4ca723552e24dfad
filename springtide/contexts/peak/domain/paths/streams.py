"""Random numbers by name: the same seed and names give the same numbers, whoever else draws, in whatever order."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy import special

_BITS_32 = np.float32(2.0**-32)
_MIDDLE = np.float32(0.5)
_SEPARATOR = "\x1f"


def stream(seed: int, *names: str) -> np.random.Philox:
    """Return the counter-based generator of these names, at its beginning."""
    digest = blake2b(_SEPARATOR.join((str(seed), *names)).encode(), digest_size=16).digest()
    return np.random.Philox(key=int.from_bytes(digest, "little"))


def tails(bits: np.random.Philox, count: int) -> NDArray[np.float32]:
    """Return `count` numbers above 0 and at most 1 from 32 bits each; near 0 they are as fine as float32 can be."""
    words = bits.random_raw(-(-count // 2))
    numbers = words.view(np.uint32)[:count].astype(np.float32)
    numbers += _MIDDLE
    numbers *= _BITS_32
    return numbers


def normals(bits: np.random.Philox, count: int) -> NDArray[np.float64]:
    """Return standard normal numbers by inversion, (count,): they depend on the bits and on nothing of NumPy's."""
    raw = bits.random_raw(count) >> np.uint64(11)
    z: NDArray[np.float64] = special.ndtri((raw + 0.5) * 2.0**-53)
    return z


def even_normals(bits: np.random.Philox, count: int) -> NDArray[np.float64]:
    """Return the middles of `count` equal slices of the normal distribution in random order: no luck in its tails."""
    z: NDArray[np.float64] = special.ndtri((np.arange(count) + 0.5) / count)
    return z[np.argsort(bits.random_raw(count), kind="stable")]


def lognormal(z: NDArray[np.float64], sd: float) -> NDArray[np.float32]:
    """Return factors with mean 1 and this standard deviation on the log scale."""
    factors: NDArray[np.float32] = np.exp(sd * z - 0.5 * sd * sd).astype(np.float32)
    return factors
