"""``{% load krds %}``: Korean dates, phone numbers, and the components that pages share.

The style guide (``/krds/``) shows every tag with the markup that calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BaseFormSet
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from krds import calendar, dates, errors

register = template.Library()

BADGES = frozenset({"", "primary", "success", "warning", "danger", "information", "solid"})
NOTICES = {"": "info", "info": "info", "success": "check-circle", "warning": "alert", "danger": "alert"}


# --- Dates and numbers -----------------------------------------------------------------------


@register.filter
def kdate(value: date | datetime | None) -> str:
    return dates.kdate(value or None)


@register.filter
def kdatetime(value: datetime | None) -> str:
    return dates.kdatetime(value or None)


@register.filter
def ktime(value: time | datetime | None) -> str:
    return dates.ktime(value if value != "" else None)


@register.filter
def kcountdown(moment: datetime | None, now: datetime) -> str:
    """``{{ booking.starts_at|kcountdown:now }}``: ``내일``"""
    return dates.kcountdown(moment, now) if moment else ""


@register.filter
def kmonth(value: date) -> str:
    return dates.kmonth(value)


@register.filter
def kperiod(start: date | datetime | None, end: date | datetime | None) -> str:
    """``{{ session.starts_at|kperiod:session.ends_at }}``"""
    return dates.kperiod(start or None, end or None)


@register.filter
def phone(value: str | None) -> str:
    """Digits as people read them: ``010-0000-0000``, ``02-000-0000``; anything else as it is."""
    text = str(value or "")
    digits = re.sub(r"\D", "", text)
    if digits.startswith("8210"):
        digits = f"0{digits[2:]}"
    area = 2 if digits.startswith("02") else 3
    if len(digits) == 8 and digits.startswith("1"):
        return f"{digits[:4]}-{digits[4:]}"
    if digits.startswith("0") and 7 <= len(digits) - area <= 8:
        return f"{digits[:area]}-{digits[area:-4]}-{digits[-4:]}"
    return text


# --- Small marks -----------------------------------------------------------------------------


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A picture from ``static/img/icons.svg``; it never carries meaning of its own."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def badge(text: str, kind: str = "") -> SafeString:
    """A status word; the word carries the meaning and the colour only helps."""
    if kind not in BADGES:
        raise template.TemplateSyntaxError(f"No badge is called {kind!r}.")
    return format_html('<span class="badge{}">{}</span>', f" badge-{kind}" if kind else "", text)


@register.simple_tag
def button_link(url: str, text: str, kind: str = "", size: str = "", icon_name: str = "") -> SafeString:
    """A link that looks like a button: ``{% button_link url _("예약하기") "primary" "large" %}``"""
    classes = " ".join(["button", *(f"button-{word}" for word in (kind, size) if word)])
    return format_html('<a class="{}" href="{}">{}{}</a>', classes, url, icon(icon_name) if icon_name else "", text)


@register.simple_tag
def more_link(url: str, text: str) -> SafeString:
    """The small link to a whole list, at the right of its heading."""
    return format_html('<a class="more" href="{}">{}{}</a>', url, text, icon("chevron-right"))


# --- Finding one's way -----------------------------------------------------------------------


def _pairs(values: Iterable[Any]) -> list[tuple[Any, Any]]:
    values = list(values)
    if len(values) % 2:
        values.append("")
    return list(zip(values[::2], values[1::2], strict=True))


@register.inclusion_tag("includes/breadcrumb.html")
def breadcrumb(*labels_and_urls: str) -> dict[str, Any]:
    """``{% breadcrumb _("상담") counseling_url _("상담 예약") %}``; 홈 comes by itself, the last has no link."""
    *links, last = _pairs(labels_and_urls)
    return {"links": links, "current": last[0]}


@register.inclusion_tag("includes/steps.html")
def steps(current: int, *names: str) -> dict[str, Any]:
    """``{% steps 2 _("유의 사항") _("시간 선택") _("확인") _("완료") %}``; counts from 1."""
    return {"names": names, "current": int(current)}


@register.inclusion_tag("includes/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Page, parameter: str = "page") -> dict[str, Any]:
    """Links to the pages of a list that keep the rest of the query string."""
    query = context["request"].GET.copy()
    query.pop(parameter, None)
    rest = query.urlencode()
    return {
        "page": page,
        "numbers": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "ellipsis": page.paginator.ELLIPSIS,
        "base": f"?{rest}&{parameter}=" if rest else f"?{parameter}=",
    }


# --- Blocks ----------------------------------------------------------------------------------


@register.simple_tag
def summary_list(*labels_and_values: Any) -> SafeString:
    """``{% summary_list _("일시") when _("장소") place %}``; a pair without a value is left out."""
    rows = [(label, value) for label, value in _pairs(labels_and_values) if value not in (None, "")]
    return format_html(
        '<dl class="summary-list">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows)
    )


@register.simple_block_tag
def notice_box(content: str, kind: str = "info", title: str = "") -> SafeString:
    """``{% notice_box "warning" _("꼭 확인해 주세요") %}…{% endnotice_box %}``"""
    if kind not in NOTICES:
        raise template.TemplateSyntaxError(f"No notice box is called {kind!r}.")
    heading = format_html('<p class="notice-box-title">{}</p>', title) if title else ""
    return format_html(
        '<div class="notice-box notice-{}">{}<div class="notice-box-body">{}{}</div></div>',
        kind or "info",
        icon(NOTICES[kind]),
        heading,
        content,
    )


@register.inclusion_tag("includes/empty_state.html")
def empty_state(
    title: str, text: str = "", url: str = "", action: str = "", icon_name: str = "inbox"
) -> dict[str, Any]:
    """What a list says when it has nothing, and what to do then."""
    return {"title": title, "text": text, "url": url, "action": action, "icon_name": icon_name}


@register.inclusion_tag("includes/month_calendar.html")
def month_calendar(  # noqa: PLR0917  (templates call it in order)
    month: date,
    days: Mapping[date, calendar.Day],
    previous_url: str = "",
    next_url: str = "",
    selected: date | None = None,
    caption: str = "",
) -> dict[str, Any]:
    """A month as a real table. ``days`` maps a date to ``krds.calendar.Day(url, note)``."""
    return {
        "month": month,
        "weeks": calendar.month_weeks(month, days, selected or None),
        "weekdays": calendar.weekday_names(),
        "previous_url": previous_url,
        "next_url": next_url,
        "caption": caption or _("날짜를 고르는 달력"),
    }


@register.inclusion_tag("krds/error_summary.html")
def error_summary(form: BaseForm | BaseFormSet) -> dict[str, Any]:
    """All that is wrong with a form, each with a link to its field; nothing when all is well."""
    return {"errors": errors.listed(form)}
