"""The look as numbers: contrast, weight, and the font's own files."""

from __future__ import annotations

import hashlib
import re

import brotli
import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "static"
TOKENS = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
TEXT = [
    "text-bolder",
    "text-basic",
    "text-subtle",
    "text-primary",
    "text-secondary",
    "text-danger",
    "text-warning",
    "text-success",
    "text-information",
    "link",
    "link-hover",
]
GROUNDS = ["surface", "surface-raised", "surface-gray-subtler"]
OWN_GROUNDS = [
    ("text-primary", "surface-primary"), ("text-secondary", "surface-secondary"), ("text-danger", "surface-danger"),
    ("text-warning", "surface-warning"), ("text-success", "surface-success"), ("text-information", "surface-information"),
    ("text-subtle", "surface-gray-subtle"), ("text-subtle", "surface-secondary"), ("text-subtle", "surface-primary"), ("text-subtle", "input"),
    ("text-basic", "surface-danger"), ("text-basic", "surface-warning"), ("text-basic", "surface-success"), ("text-basic", "surface-information"),
    ("text-basic", "fill-tertiary-hover"), ("text-primary", "fill-secondary-hover"), ("text-inverse", "surface-inverse"),
    ("text-on-fill", "fill-primary"), ("text-on-fill", "fill-primary-hover"), ("text-on-fill", "fill-danger"), ("text-on-fill", "fill-selected"),
    ("text-subtle", "surface-disabled"),
]  # fmt: skip
LINES = [
    ("border-dark", "surface"),
    ("border-primary", "surface"),
    ("border-danger", "surface"),
    ("focus", "surface"),
    ("fill-primary", "surface"),
    ("text-disabled", "surface"),
]


def values(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b", block))


LIGHT = values(TOKENS.split("[data-contrast", maxsplit=1)[0])
DARK = LIGHT | values(TOKENS.split("[data-contrast", maxsplit=1)[1])


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_the_one_of_wcag() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["ordinary", "high contrast"])
@pytest.mark.parametrize(("text", "ground"), [(text, ground) for text in TEXT for ground in GROUNDS] + OWN_GROUNDS)
def test_text_can_be_read_on_its_ground(mode: dict[str, str], text: str, ground: str) -> None:
    assert contrast(mode[text], mode[ground]) >= 4.5


@pytest.mark.parametrize("text", ["text-basic", "text-bolder", "text-subtle", "link"])
def test_high_contrast_earns_its_name(text: str) -> None:
    assert contrast(DARK[text], DARK["surface"]) >= 7


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["ordinary", "high contrast"])
@pytest.mark.parametrize(("line", "ground"), LINES)
def test_lines_that_mean_something_can_be_seen(mode: dict[str, str], line: str, ground: str) -> None:
    assert contrast(mode[line], mode[ground]) >= 3


def test_components_take_their_colours_from_the_tokens() -> None:
    for name in ("portal", "forms", "admin"):
        css = re.sub(r"\.(button-kakao|button-naver|qr)[^}]*}", "", (STATIC / "css" / f"{name}.css").read_text())
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)", css)


def test_every_value_a_component_uses_is_declared() -> None:
    for sheet in (STATIC / "css").glob("*.css"):
        css = sheet.read_text()
        own = set(re.findall(r"--([\w-]+):", css)) | set(re.findall(r"--([\w-]+):", TOKENS))
        assert set(re.findall(r"var\(--([\w-]+)\)", css)) <= own, sheet.name


def test_all_style_rules_together_weigh_less_than_20_kilobytes() -> None:
    ours = [path for path in (STATIC / "css").glob("*.css") if path.name != "fonts.css"]
    assert sum(len(brotli.compress(path.read_bytes())) for path in ours) <= 20_000


SHEETS = ("portal", "forms", "print", "attendance", "fairs")  # the screen in the room and in the hall have their own


def test_every_class_that_a_public_page_names_has_a_rule() -> None:
    css = "".join((STATIC / "css" / f"{name}.css").read_text() for name in SHEETS)
    ruled = set(re.findall(r"\.([a-zA-Z][\w-]*)", css))
    folder = settings.BASE_DIR / "templates"
    for template in folder.rglob("*.html"):
        if template.relative_to(folder).parts[0] in {"admin", "notices", "documents"}:
            continue
        literal = re.sub(r"[\w-]*(?:{%.*?%}|{{.*?}})[\w-]*", " ", template.read_text())
        named = {word for words in re.findall(r'class="([^"]*)"', literal) for word in words.split()}
        assert named <= ruled, template.name


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "img" / "icons.svg").read_text()))
    named = set()
    for template in (settings.BASE_DIR / "templates").rglob("*.html"):
        named |= set(re.findall(r'{% icon "([^"]+)"', template.read_text()))
    assert named <= drawn


def test_the_fonts_are_their_authors_own_files() -> None:
    listed = dict(reversed(line.split("  ")) for line in (STATIC / "fonts" / "SHA256SUMS").read_text().splitlines())
    present = {
        path.relative_to(STATIC / "fonts").as_posix(): path
        for path in (STATIC / "fonts").rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert set(present) == set(listed)
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == listed[name] for name, path in present.items())


def test_the_font_sheet_names_every_cut_and_only_those() -> None:
    named = set(re.findall(r"url\(\.\./fonts/(web/[^)]+)\)", (STATIC / "css" / "fonts.css").read_text()))
    assert named == {path.relative_to(STATIC / "fonts").as_posix() for path in (STATIC / "fonts" / "web").iterdir()}
