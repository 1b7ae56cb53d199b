from __future__ import annotations

import pytest

from centre.prose import render


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("# 제목", "<h2>제목</h2>\n"),
        ("## 제목", "<h2>제목</h2>\n"),
        ("##### 깊은 제목", "<h4>깊은 제목</h4>\n"),
        ("첫 줄\n둘째 줄", "<p>첫 줄<br>\n둘째 줄</p>\n"),
        ("    들여 쓴 글", "<p>들여 쓴 글</p>\n"),
        ("- 하나", "<ul>\n<li>하나</li>\n</ul>\n"),
        ("[안내](/centre/)", '<p><a href="/centre/" rel="noopener noreferrer">안내</a></p>\n'),
    ],
)
def test_plain_marks_become_plain_markup(text, markup):
    assert render(text) == markup


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<a href='javascript:alert(1)'>x</a>",
        "![x](https://elsewhere.example/x.png)",
        '<p style="color:red">x</p>',
    ],
)
def test_nothing_active_and_no_picture_comes_through(text):
    markup = render(text)

    assert not any(f"<{tag}" in markup for tag in ("script", "img", "p style"))
    assert 'href="javascript' not in markup
    assert 'href="data' not in markup


def test_a_table_names_its_columns_and_scrolls_by_keyboard():
    markup = render("| 가 | 나 |\n| --- | --- |\n| 1 | 2 |")

    assert '<div class="table-wrap" tabindex="0"><table class="table">' in markup
    assert markup.count('<th scope="col">') == 2
