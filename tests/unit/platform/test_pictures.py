"""Forms of uploaded pictures: upright, without what the camera said, never enlarged, and bombs are refused by name."""

import zlib

import pytest
from fakes.pictures import opened, picture, telling_exif

from springtide.platform import pictures
from springtide.platform.blob import content_type_of
from springtide.platform.pictures import FORMS, PIXELS_LIMIT, Form, Format, PictureRefused, form_named, made


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_form_is_of_its_type_and_size(form: Form) -> None:
    body = made(picture("JPEG", (2000, 1000)), form)
    shown = opened(body)
    assert content_type_of(body[:64]) == form.format.content_type
    assert shown.size == (form.width, form.width // 2)
    assert form_named(str(form)) == form


def test_all_forms_are_the_same_as_one_by_one() -> None:
    body = picture("PNG", (700, 400))
    every = dict(pictures.all_made(body))
    assert set(every) == set(FORMS)
    assert {opened(every[form]).size for form in FORMS if form.width >= 960} == {(700, 400)}
    assert opened(every[Form(320, Format.WEBP)]).size == (320, 183)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "AVIF"])
def test_what_a_camera_says_is_gone_and_the_picture_is_upright(kind: str) -> None:
    sent = picture(kind, (400, 200), exif=telling_exif(6))  # turned: shown a quarter to the right
    assert b"Secret Camera" in sent
    for form in (Form(320, Format.JPEG), Form(320, Format.WEBP), Form(320, Format.AVIF)):
        body = made(sent, form)
        shown = opened(body).convert("RGB")
        assert b"Secret Camera" not in body
        assert not opened(body).getexif()
        assert shown.size == (200, 400)
        red, _, blue = shown.getpixel((180, 20))  # type: ignore[misc]
        assert blue > 200 > red


def test_transparency_stays_where_it_can_and_becomes_white_where_not() -> None:
    sent = picture("PNG", (40, 40), (255, 0, 0, 0))
    assert opened(made(sent, Form(320, Format.WEBP))).convert("RGBA").getpixel((35, 35))[3] == 0  # type: ignore[index]
    assert min(opened(made(sent, Form(320, Format.JPEG))).getpixel((35, 35))) > 250  # type: ignore[arg-type,type-var]


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that claims to be very large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "body",
    [
        _bomb(30_000, 30_000),
        _bomb(20_000, 10),
        picture("PNG", (100, 100))[:100],
        picture("JPEG", (100, 100))[:300],
        b"\x89PNG\r\n\x1a\n" + b"pixels" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture("TIFF"),
        b"",
    ],
)
def test_what_cannot_or_must_not_be_decoded_is_refused(body: bytes) -> None:
    with pytest.raises(PictureRefused):
        pictures.require_usable(body)
    with pytest.raises(PictureRefused):
        made(body, FORMS[0])


def test_a_bomb_is_refused_by_its_size() -> None:
    with pytest.raises(PictureRefused) as refused:
        pictures.require_usable(_bomb(10_000, 10_000))
    assert refused.value.facts == {"width": 10_000, "height": 10_000, "limit": PIXELS_LIMIT}


@pytest.mark.parametrize("name", ["641-1.webp", "640-2.webp", "640-1.png", "640.webp", "", "../640-1.webp"])
def test_other_forms_do_not_exist(name: str) -> None:
    assert form_named(name) is None
