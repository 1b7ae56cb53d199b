"""The staff's daily tool: Django's admin, in Korean, grouped by work rather than by app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.i18n import JavaScriptCatalog

from counseling import agreeing, records, sensitive
from lifecycle import approval
from lifecycle.counting import counts
from programs import agreements, deciding

OTHER = "그 밖"
OWN_CAP = 100  # of one's own duties; who has more sees that there are many


@dataclass(frozen=True)
class Link:
    """A page of a room's own inside the admin."""

    label: str
    name: str
    permission: str


# What staff do, and where: lists of rows by model, and pages of the rooms' own; most used first.
# ``tests/test_admin.py`` refuses a registered model that is missing here.
WORK: dict[str, list[str | Link]] = {
    "오늘의 상담": [
        Link("오늘의 상담표", "counseling_board", "counseling.view_booking"),
        Link("전화 예약", "counseling_caller", "counseling.book_for_caller"),
        Link("지금 방문", "counseling_walkin", "counseling.book_for_caller"),
        Link("아직 처리 안 한 상담", "counseling_open", "counseling.view_booking"),
        Link("예약·취소 내역", "counseling_history", "counseling.view_booking"),
        Link("상담사 배정 현황", "counseling_load", "counseling.view_every_booking"),
    ],
    "예약과 상담": [
        Link("상담 기록", "counseling_records", "counseling.view_booking"),
        Link("다음 상담 제안", "counseling_proposals", "counseling.view_booking"),
        Link("긴급 열람", "counseling_emergency", "counseling.break_glass"),
        "counseling.Booking",
        Link("상담 통계", "counseling_figures", "counseling.view_figures"),
        "counseling.Slot",
        Link("상담 시간표", "counseling_timetable", "counseling.view_slot"),
        Link("시간표 공개", "counseling_publish", "counseling.add_slot"),
        "counseling.Wish",
        "counseling.SlotOffer",
        "counseling.WeeklyPattern",
        "counseling.Leave",
        Link("갑작스러운 부재 처리", "counseling_absence", "counseling.change_booking"),
        "counseling.Rearrangement",
        "counseling.Counselor",
        "counseling.Topic",
        "intake.Referral",
    ],
    "이용 규칙과 불참": [
        "intake.RuleSet",
        "intake.Queue",
        "intake.Strike",
        "intake.Appeal",
        Link("우선 지원", "intake_priorities", "intake.give_priority"),
    ],
    "질문지": ["questionnaires.Response", "questionnaires.Attachment", "questionnaires.Questionnaire"],
    "가족과 학생": [
        Link("처음 온 학생 등록", "accounts_student_counter", "accounts.add_student"),
        "accounts.Student",
        "accounts.User",
        "accounts.Guardianship",
        "accounts.Affiliation",
        "accounts.Invitation",
        "accounts.GuardianConsentRequest",
        "accounts.School",
        "accounts.Neighbourhood",
        "accounts.Partner",
    ],
    "프로그램": [
        "programs.Program",
        "programs.Run",
        "programs.Draw",
        "programs.Review",
        Link("출석부", "programs_attendance", "programs.view_mark"),
        "programs.Mark",
        "programs.Session",
        "programs.RunInvitation",
        Link("개설을 결정할 회차", "programs_deciding", "programs.view_run"),
        "programs.Application",
        Link("전화·방문 신청", "programs_caller", "programs.add_application"),
        Link("프로그램 통계", "programs_figures", "programs.view_run"),
        "counseling.Fair",
        "counseling.Booth",
    ],
    "협력 기관과 학교": [
        "programs.Agreement",
        "programs.ContactPerson",
        "programs.RosterShare",
        "programs.Visit",
        Link("학교 단체 참여", "programs_visit_reach", "programs.view_run"),
        Link("협력 기관별 운영 통계", "programs_agreement_shift", "programs.view_run"),
    ],
    "만족도 조사": [
        Link("조사 결과", "surveys_results", "surveys.view_results"),
        "surveys.Comment",
        "surveys.Survey",
    ],
    "소식과 입시정보": ["newsletter.Post"],
    "알림": [
        "notices.Mailing",
        "notices.Addressee",
        "notices.Notice",
        "notices.SandboxMessage",
        "notices.Wording",
        "notices.Preference",
    ],
    "결재": ["lifecycle.Approval"],
    "예산": [
        Link("예산 표와 문서", "budget_papers", "budget.view_money"),
        Link("예산 기록하기", "budget_entry_add", "budget.add_entry"),
        "budget.Entry",
        "budget.Line",
        Link("전용·이용", "budget_entry_shift", "budget.add_entry"),
        Link("이월", "budget_entry_carry", "budget.add_entry"),
        "budget.Proposal",
        "budget.Extract",
        Link("월별 대사", "budget_extract_months", "budget.view_extract"),
        "budget.GrantCall",
        "budget.GrantApplication",
        Link("보조금 심사", "budget_grantcall_reading", "budget.review_grants"),
        "budget.FiscalYear",
        "budget.Project",
        "budget.Account",
        "budget.PublishedSource",
        "budget.Conflict",
    ],
    "발급 문서": ["documents.IssuedDocument", "lifecycle.Work"],
    "센터 설정": [
        "centre.Centre",
        "centre.Venue",
        "centre.Room",
        Link("방 사용표", "centre_room_table", "centre.view_roomuse"),
        "centre.RoomUse",
        "centre.OpeningHours",
        "centre.Closure",
        "centre.Holiday",
        "centre.PolicyText",
    ],
    "개인정보·감사": [
        "lifecycle.AccessLog",
        Link("상담 기록 열람 이력", "counseling_openings", "counseling.view_record_openings"),
        "counseling.BreakGlass",
        "programs.HandOver",
        Link("보존 기간표", "lifecycle_destructionplan_periods", "lifecycle.view_destructionplan"),
        "lifecycle.DestructionPlan",
        "lifecycle.DestructionRecord",
        Link("파기 관리대장 인쇄", "lifecycle_destructionrecord_register", "lifecycle.view_destructionrecord"),
        "lifecycle.Transition",
        "accounts.Consent",
        "accounts.ConsentText",
    ],
    "직원과 권한": ["accounts.RoleGrant", "auth.Group"],
}


@dataclass(frozen=True)
class Duty:
    """Something that waits for staff, shown on the first page while there is any."""

    label: str
    model: str
    permission: str
    waiting: dict[str, Any]  # the list's own filter, so that the number and the list agree
    own: bool = False  # the list shows each person only what they may open

    def rows(self, user: Any) -> models.QuerySet:
        rows = apps.get_model(self.model).objects.filter(**self.waiting)
        return rows.visible_to(user) if self.own else rows

    def url(self) -> str:
        app, model = self.model.lower().split(".")
        return f"{reverse(f'admin:{app}_{model}_changelist')}?{urlencode(self.waiting)}"


@dataclass(frozen=True)
class OwnDuty(Duty):
    """Something that waits for this very person, counted by its room and listed on a page of the room's own."""

    page: str = ""
    query: str = ""
    of: Callable[[Any], models.QuerySet] | None = None

    def rows(self, user: Any) -> models.QuerySet:
        return self.of(user)[:OWN_CAP]

    def url(self) -> str:
        return reverse(f"admin:{self.page}") + self.query


DUTIES = [
    OwnDuty(
        "개설을 결정할 회차",
        "programs.Run",
        "programs.change_run",
        {},
        page="programs_deciding",
        of=lambda _user: deciding.due(timezone.now()),
    ),
    OwnDuty(
        "결재할 것",
        "lifecycle.Approval",
        "lifecycle.view_approval",
        {},
        page="lifecycle_approval_changelist",
        of=approval.waiting_for,
    ),
    OwnDuty(
        "쓸 상담 기록",
        "counseling.Booking",
        "counseling.change_booking",
        {},
        page="counseling_records",
        of=records.unwritten,
    ),
    OwnDuty(
        "민감정보 동의가 없는 상담 예약",
        "counseling.Booking",
        "counseling.change_booking",
        {},
        page="counseling_booking_changelist",
        of=sensitive.unagreed,
        query="?consent=missing",
    ),
    Duty("보내지 못한 알림", "notices.Notice", "notices.view_notice", {"state__exact": "failed"}),
    Duty("도착을 확인할 알림", "notices.Notice", "notices.view_notice", {"state__exact": "unknown"}),
    Duty(
        "확인할 소속",
        "accounts.Affiliation",
        "accounts.change_affiliation",
        {"confirmed_at__isnull": True, "ended_at__isnull": True},
    ),
    Duty(
        "가림을 확인할 첨부 파일",
        "questionnaires.Attachment",
        "questionnaires.check_attachment",
        {"state__exact": "unchecked"},
        own=True,
    ),
    Duty(
        "자리를 제안하지 못한 대기",
        "counseling.Wish",
        "counseling.change_wish",
        {"state__exact": "waiting", "trouble__gt": ""},
        own=True,
    ),
    Duty("답할 학교 방문 신청", "programs.Visit", "programs.change_visit", {"state__exact": "asked"}),
    OwnDuty(
        "옮긴 시간에 답이 없는 가족",
        "counseling.Rearrangement",
        "counseling.change_rearrangement",
        {},
        page="counseling_rearrangement_changelist",
        query="?stand=unanswered",
        of=agreeing.unanswered,
    ),
    OwnDuty(
        "곧 끝나는 업무협약",
        "programs.Agreement",
        "programs.change_agreement",
        {},
        page="programs_agreement_changelist",
        query="?stand=ending",
        of=agreements.ending_for,
    ),
    Duty("답할 불참 소명", "intake.Appeal", "intake.answer_appeal", {"state__exact": "waiting"}),
    Duty("파기 승인", "lifecycle.DestructionPlan", "lifecycle.view_destructionplan", {"state__exact": "drafted"}),
]


class MaskedAutocomplete(AutocompleteJsonView):
    """Keys found by typing are called as their own page calls them: people by masked names."""

    def serialize_result(self, obj: models.Model, to_field_name: str) -> dict[str, str]:
        page = self.admin_site._registry[self.model_admin.model]
        return {**super().serialize_result(obj, to_field_name), "text": getattr(page, "label", str)(obj)}


class StaffSite(admin.AdminSite):
    site_header = "금천진로진학지원센터 업무"
    site_title = "업무"
    index_title = "오늘 할 일"
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")  # a page of checkboxes is no place to destroy data

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Show pages that stand on the house's base; those of libraries list addresses and keys unmasked."""
        from lifecycle.admin.base import StaffAdmin  # noqa: PLC0415  (its room registers pages while it loads)

        if admin_class is not None and issubclass(admin_class, StaffAdmin):
            super().register(model_or_iterable, admin_class, **options)

    # --- Who comes in ------------------------------------------------------------------------
    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """For a person who is logged in and is no staff, none of these pages exists."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, inner)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one door: the portal's own, with its second factor and its lock on failures."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return redirect("admin:index")
            raise Http404
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse("account_login"))

    def i18n_javascript(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return JavaScriptCatalog.as_view(packages=["django.contrib.admin", "gumcheon_portal"])(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return LogoutView.as_view(next_page="home")(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")

    # --- What they see -----------------------------------------------------------------------
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Groups of work in place of apps, each with what this person may open; asked once for page and menu."""
        if app_label:
            return super().get_app_list(request, app_label)
        if not hasattr(request, "work"):
            request.work = self._work(request)
        return request.work

    def _work(self, request: HttpRequest) -> list[dict[str, Any]]:
        allowed = {
            model["model"]._meta.label: model
            for app in self._build_app_dict(request).values()
            for model in app["models"]
        }
        rest = sorted(set(allowed) - {entry for entries in WORK.values() for entry in entries})
        groups = []
        for number, (name, entries) in enumerate([*WORK.items(), (OTHER, rest)], start=1):
            seen = [self._linked(e, request) if isinstance(e, Link) else allowed.get(e) for e in entries]
            if found := [entry for entry in seen if entry]:
                slug = f"work-{number}"
                url = f"{reverse('admin:index')}#{slug}"
                groups.append(
                    {"name": name, "app_label": slug, "app_url": url, "has_module_perms": True, "models": found}
                )
        _mark_current(groups, request.path)
        return groups

    def _linked(self, link: Link, request: HttpRequest) -> dict[str, Any] | None:
        """A room's own page as the index shows it; nothing for those who may not open it."""
        if not request.user.has_perm(link.permission):
            return None
        url = reverse(f"admin:{link.name}")
        return {"name": link.label, "object_name": link.name, "admin_url": url, "add_url": None, "view_only": True}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        asked = [
            duty
            for duty in DUTIES
            if self.is_registered(apps.get_model(duty.model)) and request.user.has_perm(duty.permission)
        ]
        waiting = counts(duty.rows(request.user) for duty in asked)
        duties = [
            {"label": duty.label, "count": count, "url": duty.url()}
            for duty, count in zip(asked, waiting, strict=True)
            if count
        ]
        return super().index(request, {"duties": duties, **(extra_context or {})})

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return MaskedAutocomplete.as_view(admin_site=self)(request)


def _mark_current(groups: list[dict[str, Any]], path: str) -> None:
    """Mark the one entry whose page ``path`` is or lies below: a page below a list's address is not that list."""
    entries = [entry for group in groups for entry in group["models"]]
    above = [url for entry in entries if (url := entry["admin_url"]) and path.startswith(url)]
    here = max(above, key=len, default=None)
    for entry in entries:
        entry["current"] = here is not None and entry["admin_url"] == here
