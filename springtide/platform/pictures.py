"""Uploaded pictures in the sizes and formats that browsers are served: the only importer of Pillow.

What was uploaded is never served to buyers: it may say where and by whom it was taken (EXIF), lie on its side, or weigh
ten megabytes. A form is made of it once: turned upright, in sRGB bytes without any metadata, at most as wide as asked,
never enlarged, as AVIF, WebP, or JPEG for browsers that know neither.

Pictures come from outside, so they are judged before they are decoded: by what they are (four formats), how many pixels
they claim (`PIXELS_LIMIT`: about 120 MB while at work) and whether all of them are there.
"""

import io
import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from springtide.platform.errors import BadInput

PIXELS_LIMIT = 40_000_000
SIDE_LIMIT = 16_000
WIDTHS = (320, 640, 960, 1600)
RECIPE = 1
"""Rises when the same bytes are to be made into others: it is part of every form's address."""

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
_UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError)
_FORM = re.compile(r"(\d{3,4})-(\d+)\.(avif|webp|jpg)")

Image.MAX_IMAGE_PIXELS = None  # pixels are counted here, by a lower limit and with a refusal of ours


class PictureRefused(BadInput):
    """Not a picture that can be decoded, or one of too many pixels; facts: width, height, limit where it is size."""

    code = "picture_refused"
    status = 415
    title = "The picture cannot be used"


class Format(StrEnum):
    """What pictures are served as, best first."""

    AVIF = "avif"
    WEBP = "webp"
    JPEG = "jpg"

    @property
    def content_type(self) -> str:
        """Return its media type."""
        return "image/jpeg" if self is Format.JPEG else f"image/{self.value}"


class Form(msgspec.Struct, frozen=True):
    """A size and a format: "640-1.webp" is at most 640 pixels wide, made by recipe 1."""

    width: int
    format: Format

    def __str__(self) -> str:
        return f"{self.width}-{RECIPE}.{self.format}"


FALLBACK = Form(WIDTHS[-1], Format.JPEG)
FORMS = tuple(Form(width, kind) for width in WIDTHS for kind in Format)


def form_named(text: str) -> Form | None:
    """Return the form of a name, None when there is none of this size, recipe and format."""
    found = _FORM.fullmatch(text)
    if found is None or int(found[1]) not in WIDTHS or int(found[2]) != RECIPE:
        return None
    return Form(int(found[1]), Format(found[3]))


def require_usable(body: bytes) -> None:
    """Raise `PictureRefused` unless the whole picture can be decoded within the limits. Slow: not in an event loop."""
    _opened(body, FALLBACK.width)


def made(body: bytes, form: Form) -> bytes:
    """Return one form of an uploaded picture; `PictureRefused`. Up to seconds of work: not in an event loop."""
    return _encoded(_narrowed(_opened(body, form.width), form.width), form.format)


def all_made(body: bytes) -> Iterator[tuple[Form, bytes]]:
    """Yield every form of an uploaded picture, decoded once, the widest first; as `made`."""
    picture = _opened(body, max(WIDTHS))
    for width in sorted(WIDTHS, reverse=True):
        picture = _narrowed(picture, width)
        for kind in Format:
            yield Form(width, kind), _encoded(picture, kind)


def _narrowed(picture: Image.Image, width: int) -> Image.Image:
    if picture.width <= width:
        return picture
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _opened(body: bytes, width: int) -> Image.Image:
    """Return the pixels upright, as RGB or RGBA, without metadata."""
    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as found:
            _require_size(*found.size)
            found.draft("RGB", (width * 2, width * 2))  # JPEG decodes at an eighth, a quarter or a half of its size
            found.load()
            upright = ImageOps.exif_transpose(found)
            kind = "RGBA" if upright.has_transparency_data else "RGB"
            clean = upright.convert(kind)
    except PictureRefused:
        raise
    except _UNREADABLE as error:
        msg = "The file is damaged, or not a picture that can be shown."
        raise PictureRefused(msg) from error
    clean.info.clear()
    return clean


def _require_size(width: int, height: int) -> None:
    if width * height > PIXELS_LIMIT or max(width, height) > SIDE_LIMIT:
        msg = f"A picture has at most {PIXELS_LIMIT // 1_000_000} million pixels."
        raise PictureRefused(msg, width=width, height=height, limit=PIXELS_LIMIT)


def _encoded(picture: Image.Image, kind: Format) -> bytes:
    out = io.BytesIO()
    match kind:
        case Format.AVIF:
            picture.save(out, "AVIF", quality=60, speed=8, max_threads=1)
        case Format.WEBP:
            picture.save(out, "WEBP", quality=80, method=4)
        case Format.JPEG:
            _on_white(picture).save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    """Return the picture without transparency, which JPEG cannot have."""
    if picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground
