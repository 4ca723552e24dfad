"""Words the steps of a plan share. Money is in minor units of the company's currency, shares lie from 0 to 1."""

from datetime import date
from enum import StrEnum

import msgspec


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over the paths: its mean, and its values at ranks of the paths. P99 is a stress, not measured."""

    mean: float
    p10: float
    p50: float
    p90: float
    p99: float


class Department(StrEnum):
    """Who has to act; the peak brief has a page for each."""

    OWNER = "owner"
    WAREHOUSE = "warehouse"
    SUPPORT = "support"
    MARKETING = "marketing"
    FINANCE = "finance"
    IT = "it"


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """Words that can be said in every language: a key of the desk's phrases, and the values to put in.

    Values are numbers, dates (ISO) and names; whoever shows the phrase formats them for its reader.
    """

    key: str
    values: dict[str, str | int | float] = {}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do: by when, what it costs, what happens if not. `urgent` first, then by date."""

    what: Phrase
    department: Department
    by: date | None
    cost_minor: int
    otherwise: Phrase
    urgent: bool = False


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """A day after which something cannot be had any more; all of them stand on one calendar.

    `kind`: supplier, gateway, cloud, partner, carrier, hiring, freeze. `needed_on`: the day it has to be there.
    """

    kind: str
    name: str
    last_day: date
    needed_on: date
    lead_days: int
