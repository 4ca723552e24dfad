"""The storefront's own beacon: what was looked at, without third parties. `app` answers, `buffer` adds up and sends."""

from springtide.channels.beacon.app import PATH, Beacon, beacon

__all__ = ["PATH", "Beacon", "beacon"]
