from __future__ import annotations

import pytest

from notices import words


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("10:00–12:00 — 2층", "10:00-12:00 - 2층"),
        ("• 준비물 ▪ 필기구", "· 준비물 · 필기구"),
        ("인적․물적", "인적·물적"),
        ("참가비 ₩5,000", "참가비 5,000원"),
        ("가\u00a0나\r\n다\u200b라", "가 나\n다라"),
        ("\u1100\u1161", "가"),
    ],
)
def test_what_phones_lack_is_written_with_what_says_the_same(written, sent):
    assert words.sendable(written) == words.normalise(written) == sent


def test_an_accent_is_dropped_and_an_emoji_vanishes_from_values():
    assert words.sendable("Café 😀 예약") == "Cafe  예약"


def test_wording_names_the_characters_that_cannot_be_sent():
    assert words.unsendable(words.normalise("축하 🎉 합니다 🎉 — 끝")) == ["🎉"]


@pytest.mark.parametrize(("text", "size"), [("펲", 2), ("뷁", 2), ("가" * 45, 90), ("가" * 46, 92), ("abc", 3)])
def test_bytes_are_those_of_cp949(text, size):
    assert words.size(text) == size


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [("가" * 20, 40, "가" * 20), ("가" * 21, 40, "가" * 19 + "…"), ("a" + "가" * 20, 40, "a" + "가" * 18 + "…")],
)
def test_a_text_is_cut_between_characters_and_never_exceeds_its_bytes(text, limit, kept):
    assert words.cut(text, limit) == kept
    assert words.size(words.cut(text, limit)) <= limit


def test_a_variable_without_a_value_stays_visible():
    assert words.fill("#{이름}님 #{인증번호}", {"이름": "김하늘"}) == "김하늘님 #{인증번호}"
