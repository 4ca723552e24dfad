"""Real pictures for tests, small to send and as large as wanted to decode."""

import io
from typing import Any

from PIL import Image

ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6), colour: Any = "red", **more: Any) -> bytes:
    """A picture in one colour with the top left quarter in blue, so that turning it can be seen."""
    out = io.BytesIO()
    made = Image.new("RGBA" if isinstance(colour, tuple) else "RGB", size, colour)
    made.paste(Image.new(made.mode, (size[0] // 2, size[1] // 2), "blue"), (0, 0))
    made.save(out, kind, **more)
    return out.getvalue()


def telling_exif(orientation: int = 6) -> Image.Exif:
    """What a camera adds: it was held upright, who made it, and where."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKER] = "Secret Camera Works"
    exif.get_ifd(GPS)[2] = (52.0, 22.0, 12.0)
    return exif


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))
