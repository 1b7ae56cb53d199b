"""A chart says its numbers to everybody: by bars, by patterns, by text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tables.charts import Bars, Series, svg, ticks

SVG = "{http://www.w3.org/2000/svg}"
BARS = Bars(
    "shift",
    "기관 <종류>별",
    "두 해를 봅니다.",
    ("2025년", "2026년"),
    (Series("업체", (4, 1)), Series("기업", (None, 8))),
)


def test_every_bar_carries_its_number_and_a_blank_has_none():
    drawing = ET.fromstring(svg(BARS))  # noqa: S314 (our own)

    bars = [
        one for one in drawing.iter(f"{SVG}rect") if one.get("fill", "").startswith("url(") and one.get("width") != "14"
    ]
    texts = [one.text for one in drawing.iter(f"{SVG}text") if one.get("font-size") == "11"]
    assert texts == ["4", "1", "8"]
    assert len(bars) == 3
    heights = [float(one.get("height")) for one in bars]
    assert heights[2] == pytest.approx(heights[0] * 2, abs=0.2)  # 8 is twice 4
    assert heights[0] == pytest.approx(heights[1] * 4, abs=0.3)


def test_series_differ_by_pattern_and_the_chart_has_name_and_description():
    drawing = ET.fromstring(svg(BARS))  # noqa: S314 (our own)

    patterns = list(drawing.iter(f"{SVG}pattern"))
    assert len({len(list(one)) for one in patterns}) == 2  # plain and striped: no colour alone
    named = {one.get("id"): one.text for one in drawing if one.tag in {f"{SVG}title", f"{SVG}desc"}}
    assert [named[key] for key in drawing.get("aria-labelledby").split()] == ["기관 <종류>별", "두 해를 봅니다."]


@pytest.mark.parametrize(
    ("most", "last"), [(0, 2), (1, 2), (5, 5), (6, 6), (11, 15), (50, 50), (51, 60), (101, 150), (20_000, 20_000)]
)
def test_the_scale_reaches_just_above_the_highest_bar(most, last):
    steps = ticks(most)

    assert steps[0] == 0
    assert steps[-1] == last
    assert 3 <= len(steps) <= 6


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        Bars("x", "", "", ("a",), (Series("s", (1, 2)),))
    with pytest.raises(ValueError, match="does not fit"):
        Bars("x", "", "", ("a",), (Series("s", (-1,)),))
    with pytest.raises(ValueError, match="at most"):
        Bars("x", "", "", (), tuple(Series(str(n), ()) for n in range(6)))
