from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from krds.calendar import Day


def render(source: str, **values: Any) -> str:
    return Template("{% load krds %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("01000001234", "010-0000-1234"),
        ("821000001234", "010-0000-1234"),
        ("0200001234", "02-0000-1234"),
        ("020001234", "02-000-1234"),
        ("0310001234", "031-000-1234"),
        ("15881234", "1588-1234"),
        ("010-0000-1234", "010-0000-1234"),
        ("내선 12", "내선 12"),
        (None, ""),
    ],
)
def test_phone_numbers_are_hyphenated_as_koreans_read_them(stored: str | None, shown: str) -> None:
    assert render("{{ value|phone }}", value=stored) == shown


def test_a_badge_escapes_its_word() -> None:
    assert render('{% badge word "primary" %}', word="<b>") == '<span class="badge badge-primary">&lt;b&gt;</span>'


def test_a_badge_of_an_unknown_kind_is_a_mistake_of_the_template() -> None:
    with pytest.raises(TemplateSyntaxError, match="purple"):
        render('{% badge "확정" "purple" %}')


def test_an_empty_date_prints_nothing() -> None:
    assert (
        render("{{ missing|kdate }}{{ missing|kdatetime }}{{ missing|ktime }}{{ none|kperiod:none }}", none=None) == ""
    )


def test_the_breadcrumb_begins_at_home_and_marks_the_page_one_is_on() -> None:
    html = render('{% breadcrumb "상담" "/counseling/" "상담 예약" %}')
    assert html.index('href="/"') < html.index('href="/counseling/"') < html.index('aria-current="page">상담 예약')
    assert html.count("aria-current") == 1


def test_steps_say_in_words_which_are_done_and_which_is_current() -> None:
    html = render('{% steps 2 "유의 사항" "시간" "확인" %}')
    assert html.count('aria-current="step"') == 1
    assert html.index("완료") < html.index('aria-current="step"') < html.index("진행 중") < html.index("확인")


def test_pagination_keeps_the_rest_of_the_query() -> None:
    request = RequestFactory().get("/", {"q": "진로 체험", "page": "2"})
    html = render("{% pagination page %}", page=Paginator(range(50), 10).page(2), request=request)
    assert 'href="?q=%EC%A7%84%EB%A1%9C+%EC%B2%B4%ED%97%98&amp;page=3"' in html
    assert html.count('aria-current="page"') == 1


def test_pagination_of_one_page_is_left_out() -> None:
    request = RequestFactory().get("/")
    assert render("{% pagination page %}", page=Paginator(range(10), 10).page(1), request=request).strip() == ""


def test_a_summary_leaves_out_what_has_no_value_but_keeps_zero() -> None:
    html = render('{% summary_list "장소" place "비용" won "메모" memo %}', place="", won=0, memo=None)
    assert html == '<dl class="summary-list"><div><dt>비용</dt><dd>0</dd></div></dl>'


def test_a_notice_box_carries_its_title_and_its_content() -> None:
    html = render('{% notice_box "warning" "확인" %}<p>{{ text }}</p>{% endnotice_box %}', text="a<b")
    assert "notice-warning" in html
    assert '<p class="notice-box-title">확인</p><p>a&lt;b</p>' in html


@time_machine.travel("2026-12-07T15:00:00+00:00", tick=False)  # 8 December in Korea
def test_the_calendar_is_a_table_whose_days_are_links() -> None:
    days = {date(2026, 12, 8): Day("?day=2026-12-08", "3자리"), date(2026, 12, 9): Day(note="마감")}
    html = render(
        "{% month_calendar month days '' '?month=2027-01' selected %}",
        month=date(2026, 12, 1),
        days=days,
        selected=date(2026, 12, 8),
    )
    assert html.count("<tr>") == 6
    assert html.count('scope="col"') == 7
    assert '<a href="?day=2026-12-08" aria-current="date">' in html
    assert html.count('class="is-today"') == 1
    assert "오늘" in html
    assert "<span>9 <small>마감</small></span>" in html
    assert html.count('rel="prev"') == 0
    assert html.count('rel="next"') == 1


def test_days_of_the_months_beside_are_blank() -> None:
    html = render("{% month_calendar month days %}", month=date(2026, 12, 1), days={date(2026, 11, 30): Day("/wrong/")})
    assert "/wrong/" not in html
    assert html.count("<td></td>") == 2 + 2
