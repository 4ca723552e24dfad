import pytest

from springtide.channels.pages.same_origin import ForeignForm, require_same_origin

URL = "https://shop.example"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": "https://shop.example"},
        {"sec-fetch-site": "none"},
        {"origin": "https://shop.example"},
        {"origin": "http://10.0.0.5:8000", "host": "10.0.0.5:8000"},
        {},
    ],
)
def test_own_forms_pass(headers: dict[str, str]) -> None:
    require_same_origin(headers, URL)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "same-site", "origin": "https://other.shop.example"},
        {"sec-fetch-site": "cross-site", "origin": "https://shop.example"},
        {"origin": "https://evil.example", "host": "shop.example"},
        {"origin": "null", "host": "shop.example"},
        {"origin": "https://shop.example.evil.example", "host": "shop.example"},
    ],
)
def test_forms_of_other_sites_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ForeignForm):
        require_same_origin(headers, URL)
