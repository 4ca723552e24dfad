"""What the bus refuses, and the size above which nothing travels."""

from springtide.platform.errors import Unavailable

MAX_PAYLOAD_BYTES = 512 * 1024


class BusUnavailable(Unavailable):
    """NATS does not answer, or nobody serves the subject."""

    code = "bus_unavailable"


class PayloadTooLarge(ValueError):
    """Bytes above 512 KB never travel by call or event: media go through the blob port."""
