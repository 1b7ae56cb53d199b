"""The main menu and the policy links of the public site, read by the header and the footer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from centre.models import PolicyText


@dataclass(frozen=True)
class Item:
    label: str | Promise
    url: str


@dataclass(frozen=True)
class Section:
    """``root`` is the first part of its pages' addresses, such as ``/counseling/``."""

    label: str | Promise
    items: tuple[Item, ...]

    @property
    def root(self) -> str:
        return f"/{self.items[0].url.split('/')[1]}/"


MENU = (
    (
        _("상담"),
        (
            (_("상담 안내"), "counseling:home"),
            (_("상담 시간 찾기·예약"), "counseling:times"),
            (_("내 예약"), "counseling:bookings"),
            (_("내 대기"), "counseling:waiting"),
        ),
    ),
    (_("프로그램"), ((_("프로그램 찾기"), "programs:list"), (_("함께하는 기관"), "programs:partners"))),
    (
        _("입시정보"),
        (
            (_("입시정보"), "newsletter:list"),
            (_("공지사항"), "newsletter:notices"),
        ),
    ),
    (
        _("센터 안내"),
        (
            (_("센터 소개"), "centre:about"),
            (_("찾아오시는 길"), "centre:directions"),
            (_("운영시간과 쉬는 날"), "centre:hours"),
            (_("만족도 조사 결과"), "surveys:results"),
            (_("예산 공개"), "budget:home"),
            (_("학교 보조금"), "grants:home"),
        ),
    ),
)


@cache
def sections() -> tuple[Section, ...]:
    """The menu with its addresses."""
    return tuple(Section(label, tuple(Item(words, reverse(name)) for words, name in items)) for label, items in MENU)


def current(path: str) -> Section | None:
    """The section that a page stands in, by its address."""
    return next((section for section in sections() if path.startswith(section.root)), None)


@cache
def addresses() -> frozenset[str]:
    """Every address that the menu leads to."""
    return frozenset(item.url for section in sections() for item in section.items)


@cache
def policies() -> tuple[Item, ...]:
    """The texts that bind, 개인정보 처리방침 first: the law wants it set apart from the others."""
    kinds = (PolicyText.Kind.PRIVACY, PolicyText.Kind.TERMS, PolicyText.Kind.COPYRIGHT, PolicyText.Kind.EMAIL)
    return tuple(Item(kind.label, reverse("centre:policy", args=[kind])) for kind in kinds)
