import re
from pathlib import Path

import pytest

from springtide.channels.pages import static_files

CHANNELS = Path(static_files.__file__).parents[1]
TOKENS = (static_files.SHARED / "tokens.css").read_text()
PAIRS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS)
}
AS_AGREED = {
    "ink": "#0b1f2a",
    "paper": "#fbfaf7",
    "tide": "#0a6c74",
    "foam": "#e3f0ef",
    "sand": "#efe9dd",
    "good": "#2e7d4f",
    "warn": "#b26a00",
    "bad": "#b3261e",
}
READ_ON = {
    "ink": ("paper", "sand", "foam"),
    "muted": ("paper", "sand", "foam"),
    "tide": ("paper", "sand", "foam"),
    "tide-strong": ("paper", "sand", "foam"),
    "on-tide": ("tide", "tide-strong"),
    "good": ("paper",),
    "warn-text": ("paper", "sand", "foam"),
    "bad": ("paper", "sand", "foam"),
}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_agreed_colours_are_the_light_tokens() -> None:
    assert {name: PAIRS[name][0] for name in AS_AGREED} == AS_AGREED


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"), [(text, ground) for text, grounds in READ_ON.items() for ground in grounds]
)
def test_text_can_be_read_on_its_grounds(text: str, ground: str, scheme: int) -> None:
    assert contrast(PAIRS[text][scheme], PAIRS[ground][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("sign", ["warn", "field-line"])
def test_signs_and_field_borders_can_be_seen(sign: str, scheme: int) -> None:
    assert contrast(PAIRS[sign][scheme], PAIRS["paper"][scheme]) >= 3


def test_states_are_written_on_paper_alone_where_only_that_is_readable() -> None:
    assert contrast(PAIRS["good"][0], PAIRS["sand"][0]) < 4.5  # why READ_ON has no sand for it


def test_a_choice_of_theme_wins_over_the_device() -> None:
    assert ':root[data-theme="light"] { color-scheme: light; }' in TOKENS
    assert ':root[data-theme="dark"] { color-scheme: dark; }' in TOKENS


def test_six_sizes_steps_of_four_one_radius_one_shadow_two_families() -> None:
    assert len(re.findall(r"--size-\d: ", TOKENS)) == 6
    assert all(int(pixels) == 4 * int(step) for step, pixels in re.findall(r"--space-(\d+): (\d+)px", TOKENS))
    assert re.findall(r"--radius: (\S+);", TOKENS) == ["6px"]
    assert TOKENS.count("--shadow:") == 1
    assert len(re.findall(r"--(?:text|figures): ", TOKENS)) == 2


def test_no_other_style_names_a_colour_or_a_family() -> None:
    sheets = [path for path in CHANNELS.rglob("static/*.css") if path.name != "tokens.css"]
    assert sheets
    for sheet in sheets:
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        assert not re.findall(r"#[0-9a-f]{3,8}\b(?![^{]*\{)|rgba?\(|hsla?\(|font-family: (?!var)", rules), sheet.name
        assert "url(" not in rules
        assert "@import" not in rules


def test_every_token_that_is_used_exists() -> None:
    known = set(re.findall(r"(--[a-z0-9-]+):", TOKENS))
    for sheet in CHANNELS.rglob("static/*.css"):
        used = set(re.findall(r"var\((--[a-z0-9-]+)\)", sheet.read_text()))
        assert used <= known, (sheet.name, used - known)
