from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from lifecycle.admin import MaskedAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_email, mask_name, mask_phone
from notices import costs, kinds
from notices.admin.decisions import DECISIONS, Decision, DecisionForm
from notices.models import Notice

BULK = 200  # messages one decision may concern


def mask_address(address: str) -> str:
    """An e-mail address or a phone number, as lists show it."""
    return mask_email(address) if "@" in address else mask_phone(address)


class KindFilter(admin.SimpleListFilter):
    title, parameter_name = "종류", "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(kind.code, kind.label) for kind in kinds.everything()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Notice)
class NoticeAdmin(MaskedAdmin):
    list_display = ["created_at", "what", "state", "channel", "name", "address", "problem"]
    list_display_links = ["created_at", "what"]
    list_filter = ["state", "channel", KindFilter, "fault"]
    search_fields = ["=address", "name"]
    search_help_text = "받는 이름이나 전화번호(숫자만), 이메일 전체로 찾습니다."
    actions = ["resend", "let_be"]
    change_form_template = "admin/notices/notice/change_form.html"
    change_list_template = "admin/notices/notice/change_list.html"
    personal = {"name": mask_name, "address": mask_address}
    subject = "recipient"
    fieldsets = [
        (None, {"fields": ["what", "state", "problem", "channel", "name", "address"]}),
        ("내용", {"fields": ["subject_line", "words", "weight"]}),
        ("보내기", {"fields": ["created_at", "send_after", "give_up_at", "attempts", "handed_at", "sent_at"]}),
        ("보낸 곳", {"fields": ["provider", "provider_id", "cost_won", "key"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return False  # what was said is read, and decided upon; never rewritten

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notices.resend_notice")

    @admin.display(description="종류", ordering="kind")
    def what(self, notice: Notice) -> str:
        return notice.label

    @admin.display(description="제목")
    def subject_line(self, notice: Notice) -> str:
        return notice.subject or "–"

    @admin.display(description="내용")
    def words(self, notice: Notice) -> str:
        return notice.shown_body

    @admin.display(description="길이")
    def weight(self, notice: Notice) -> str:
        return f"{notice.size:,}바이트 · {notice.get_price_class_display()}" if notice.price_class else "–"

    # --- Pages -------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.decide)
        return [path("<int:pk>/decide/<slug:what>/", page, name="notices_notice_decide"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**self._month(), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        notice = self.get_object(request, object_id)
        may = notice is not None and self._may(request)
        offered = [decision for decision in DECISIONS.values() if may and decision.suits(notice)]
        return super().change_view(request, object_id, form_url, {"decisions": offered, **(extra_context or {})})

    def _may(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and self.has_resend_permission(request)

    def _month(self) -> dict[str, Any]:
        now = timezone.now()
        prices, ceiling = costs.by_price(now), settings.SMS_CEILING_WON_A_MONTH
        spent = sum(sums["won"] for sums in prices.values())
        waiting = Notice.objects.needing_attention().order_by().values("state").annotate(count=models.Count("pk"))
        return {
            "month": timezone.localtime(now),
            "prices": [(Notice.Price(code).label, sums) for code, sums in prices.items()],
            "spent_won": spent,
            "ceiling_won": ceiling,
            "ceiling_reached": spent + costs.cheapest() > ceiling,
            "sandboxed": [label for label, stays in self._kept_in() if stays],
            "attention": [{**row, "label": Notice.State(row["state"]).label} for row in waiting],
        }

    @staticmethod
    def _kept_in() -> list[tuple[str, bool]]:
        return [("문자", settings.SMS_PROVIDER == "sandbox"), ("이메일", not settings.EMAIL_URL)]

    # --- Decisions ---------------------------------------------------------------------------
    @admin.action(description="선택한 알림 다시 보내기", permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self._many(request, queryset, DECISIONS["resend"])

    @admin.action(description="선택한 알림 보내지 않기", permissions=["resend"])
    def let_be(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self._many(request, queryset, DECISIONS["let-be"])

    def decide(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        """One decision about one message: a page that asks, and a POST that does it."""
        if what not in DECISIONS:
            raise Http404
        if not self._may(request):
            raise PermissionDenied
        notice = self.get_object(request, str(pk))
        if notice is None:
            raise Http404
        back = reverse("admin:notices_notice_change", args=[pk])
        asking = self._ask_or_do(request, [notice], DECISIONS[what], back, request.method == "POST")
        return asking or HttpResponseRedirect(back)

    def _many(self, request: HttpRequest, queryset: models.QuerySet, decision: Decision) -> HttpResponse | None:
        chosen = list(queryset.filter(state__in=decision.states)[: BULK + 1])
        if not chosen:
            self.message_user(request, f"고른 알림 가운데 {decision.verb} 수 있는 것이 없습니다.", messages.WARNING)
            return None
        if len(chosen) > BULK:
            self.message_user(request, f"한 번에 {BULK}건까지 고를 수 있습니다.", messages.WARNING)
            return None
        return self._ask_or_do(request, chosen, decision, request.get_full_path(), "reason" in request.POST)

    def _ask_or_do(
        self, request: HttpRequest, notices: list[Notice], decision: Decision, back: str, answered: bool
    ) -> HttpResponse | None:
        doubtful = decision.risky and any(notice.state == Notice.State.UNKNOWN for notice in notices)
        form = DecisionForm(request.POST if answered else None, doubtful=doubtful)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": decision.title,
                "decision": decision,
                "notices": notices,
                "form": form,
                "back": back,
                "action": request.POST.get("action", ""),
            }
            return TemplateResponse(request, "admin/notices/notice/decide.html", context)
        self._do(request, notices, decision.act, form)
        return None

    def _do(self, request: HttpRequest, notices: list[Notice], act: Callable[..., None], form: DecisionForm) -> None:
        done, refusals = 0, {}
        for notice in notices:
            try:
                with transaction.atomic():
                    act(notice, by=request.user, **form.answers())
                    self.log_change(request, notice, form.cleaned_data["reason"])
                done += 1
            except Refused as refusal:
                refusals.setdefault(str(refusal), []).append(notice)
        if done:
            self.message_user(request, f"{done}건을 처리했습니다.", messages.SUCCESS)
        for sentence, refused in refusals.items():
            self.message_user(request, f"{len(refused)}건: {sentence}", messages.ERROR)
