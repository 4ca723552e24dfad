"""Money is an integer in minor units (pence, cents, öre) next to a currency code; sums and shares are never floats."""

from collections.abc import Mapping, Sequence

USUAL_EXPONENT = 2
_NO_MINOR_UNIT = frozenset({"JPY", "KRW", "ISK", "CLP", "VND", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF"})
_THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
UNUSUAL_EXPONENTS: Mapping[str, int] = {**dict.fromkeys(_NO_MINOR_UNIT, 0), **dict.fromkeys(_THREE_DIGITS, 3)}
"""Currencies whose exponent is not 2: what SQL that changes money into another currency is handed."""


def exponent(currency: str) -> int:
    """Return the digits after the decimal point of `currency` (ISO 4217): 2 for GBP, 0 for JPY."""
    return UNUSUAL_EXPONENTS.get(currency, USUAL_EXPONENT)


def written(minor: float, currency: str) -> str:
    """Return an amount in units with all its digits, for tables and terminals: "1,204.50", "1,204" of JPY."""
    digits = exponent(currency)
    return f"{minor / 10**digits:,.{digits}f}"


def round_half_up(numerator: int, denominator: int) -> int:
    """Return numerator / denominator rounded to the nearest integer, halves away from zero (as EU VAT practice)."""
    if denominator <= 0:
        msg = "denominator must be positive"
        raise ValueError(msg)
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by `weights` (non-negative) with the largest-remainder method; the parts sum to `total` exactly.

    Ties go to the earlier position. All-zero weights split evenly. Source: Hamilton/Hare-Niemeyer apportionment.
    """
    if not weights:
        if total:
            msg = "cannot allocate a non-zero total over nothing"
            raise ValueError(msg)
        return []
    if any(weight < 0 for weight in weights):
        msg = "weights must not be negative"
        raise ValueError(msg)
    whole = sum(weights)
    shares = list(weights) if whole else [1] * len(weights)
    whole = whole or len(weights)
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts = [size * share // whole for share in shares]
    remainders = [size * share % whole for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda index: (-remainders[index], index))
    for index in by_remainder[: size - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]
