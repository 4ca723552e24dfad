"""Documents that people hand in: what they are is said by their first bytes, not by who sends them."""

_STARTS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
TEXT = "text/plain"


def media_type_of(body: bytes) -> str:
    """Return the type of a document; "" for one of a kind that is not kept."""
    for start, media_type in _STARTS.items():
        if body.startswith(start):
            return media_type
    if b"\x00" in body:
        return ""
    try:
        body.decode()
    except UnicodeDecodeError:
        return ""
    return TEXT
