"""The queue for staff: who waits for what, which offers stand, offering by hand, taking out and putting back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from counseling import answering, joining
from counseling.models import Slot, SlotOffer, Wish
from intake.models import Queue
from krds.dates import kdatetime, kperiod
from lifecycle import access
from lifecycle.admin import MaskedAdmin, StaffAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name

AHEAD = timedelta(days=31)
MOST = 60  # free times to choose from


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="사유",
        min_length=2,
        max_length=200,
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "사유를 적어 주세요."},
    )


class OfferForm(ReasonForm):
    slot = forms.TypedChoiceField(
        label="제안할 시간",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "제안할 시간을 골라 주세요."},
    )
    field_order = ["slot", "reason"]


class Read(MaskedAdmin):
    """Rows that nobody types; buttons ask for what they need themselves."""

    change_permission = "counseling.change_wish"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def act(self, request: HttpRequest, pk: int, title: str, form: forms.Form, what: Any, *, note: str) -> HttpResponse:
        """Show ``form``; when it is filled in, do ``what`` and write the reason into the access log."""
        if not request.user.has_perm(self.change_permission):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    what(row, form.cleaned_data)
                    label, reason = f"{title}: {self.opts.verbose_name} {pk}", form.cleaned_data.get("reason", "")
                    student = self.subject_of(row)
                    access.record(request, access.AccessLog.Act.CHANGE, label, subject=student, reason=reason)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"{title}: 처리했습니다.")
                return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", pk)
        elif request.method != "POST":
            access.viewed(request, self.subject_of(row), f"{title}: {self.opts.verbose_name} {pk}")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "form": form}
        context |= {"row": row, "note": note, "student": self.subject_of(row)}
        return TemplateResponse(request, "admin/counseling/waiting/act.html", context)


@admin.register(Wish)
class WishAdmin(Read):
    personal = {"student__name": mask_name}
    subject = "student"
    list_display = [
        "number",
        "topic__name",
        "student__name",
        "state",
        "earlier",
        "joined_at",
        "until",
        "trouble",
    ]
    list_filter = ["state", "topic", "earlier"]
    search_fields = ["student__name"]
    search_help_text = "학생 이름으로 찾습니다."
    ordering = ["-state", "-priority", "joined_at", "pk"]  # whoever waits stands first, in the order of the line
    change_form_template = "admin/counseling/waiting/change_form.html"
    fields = readonly_fields = [
        "state", "number", "student", "topic", "modes_text", "days", "hours", "counselor", "booking",
        "joined_at", "until", "passes", "trouble", "asked_by",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Wish]:
        wishes = super().get_queryset(request).with_position(timezone.now())
        if not request.user.has_perm("counseling.view_every_booking"):
            wishes = wishes.filter(topic__counselors__user=request.user)
        return wishes.select_related("topic", "counselor", "booking", "asked_by")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/offer/", view(self.offer_view), name="counseling_wish_offer"),
            path("<int:pk>/remove/", view(self.remove_view), name="counseling_wish_remove"),
            path("<int:pk>/back/", view(self.back_view), name="counseling_wish_back"),
            path("<int:pk>/seen/", view(self.seen_view), name="counseling_wish_seen"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        wish = self.get_object(request, object_id)
        may = wish is not None and request.user.has_perm("counseling.change_wish")
        waits = may and wish.state == Wish.State.WAITING
        context = {
            "offers": wish.offers.select_related("slot__counselor").order_by("-pk") if wish else [],
            "can_offer": waits,
            "can_remove": waits,
            "can_put_back": may and Wish.State.WAITING in wish.MOVES[wish.state],
            "can_clear": may and bool(wish.trouble),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    # --- Columns -----------------------------------------------------------------------------
    @admin.display(description="순서")
    def number(self, wish: Wish) -> str:
        return f"{wish.position}번째" if wish.is_waiting(timezone.now()) else "–"

    @admin.display(description="상담 방식")
    def modes_text(self, wish: Wish) -> str:
        return wish.mode_labels

    @admin.display(description="바라는 날")
    def days(self, wish: Wish) -> str:
        return wish.days_label

    @admin.display(description="바라는 시간대")
    def hours(self, wish: Wish) -> str:
        return wish.hours_label

    # --- What staff do -----------------------------------------------------------------------
    def offer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Offer a free time out of turn, also after the families' deadline."""
        form = OfferForm(request.POST or None)
        wish = self.get_object(request, str(pk))
        form.fields["slot"].choices = _choices(wish) if wish else []

        def offer(wish: Wish, given: dict[str, Any]) -> None:
            answering.offer_by_hand(wish, given["slot"], by=request.user, reason=given["reason"])

        note = "순서와 상관없이 제안합니다. 가족이 바란 조건에 맞는 시간을 먼저 보입니다. 사유는 접속기록에 남습니다."
        return self.act(request, pk, "자리 제안하기", form, offer, note=note)

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def remove(wish: Wish, given: dict[str, Any]) -> None:
            joining.remove(wish, by=request.user, reason=given["reason"])

        note = "가족에게 사유를 그대로 알립니다. 열려 있는 제안은 다음 사람에게 갑니다."
        return self.act(request, pk, "대기에서 빼기", ReasonForm(request.POST or None), remove, note=note)

    def back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def back(wish: Wish, given: dict[str, Any]) -> None:
            joining.put_back(wish, by=request.user, reason=given["reason"])

        note = "처음 신청한 때의 순서로 되돌리고 가족에게 알립니다."
        return self.act(request, pk, "대기로 되돌리기", ReasonForm(request.POST or None), back, note=note)

    def seen_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def seen(wish: Wish, given: dict[str, Any]) -> None:
            Wish.objects.filter(pk=wish.pk).update(trouble="")

        note = "전화로 알렸거나 더 할 일이 없으면 눌러 주세요. 할 일 목록에서 사라집니다."
        return self.act(request, pk, "확인함", ReasonForm(request.POST or None), seen, note=note)


def _choices(wish: Wish) -> list[tuple[int, str]]:
    """Free times of those who counsel on the topic; what the family wished for first."""
    now = timezone.now()
    slots = Slot.objects.starting(now, now + AHEAD).untaken(now)
    slots = slots.filter(published=True, counselor__active=True, counselor__topics=wish.topic).select_related(
        "counselor"
    )
    free = sorted(slots[:MOST], key=lambda slot: (not wish.fits(slot), slot.starts_at))
    return [
        (
            slot.pk,
            f"{kperiod(slot.starts_at, slot.ends_at)} {slot.counselor}" + (" · 바란 조건" if wish.fits(slot) else ""),
        )
        for slot in free
        if wish.mode_in(slot)
    ]


@admin.register(SlotOffer)
class SlotOfferAdmin(Read):
    personal = {"wish__student__name": mask_name}
    subject = "wish__student"
    list_display = ["when", "wish__student__name", "topic", "state", "deadline", "announced_at", "by_hand"]
    list_filter = ["state", "by_hand", "wish__topic"]
    ordering = ["-made_at", "-pk"]
    change_form_template = "admin/counseling/waiting/offer_form.html"
    fields = readonly_fields = [
        "state", "when", "student", "topic", "mode", "made_at", "announced_at", "deadline", "by_hand", "reason", "passed",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SlotOffer]:
        offers = super().get_queryset(request).select_related("slot__counselor", "wish__student", "wish__topic")
        if not request.user.has_perm("counseling.view_every_booking"):
            offers = offers.filter(slot__counselor__user=request.user)
        return offers

    def get_urls(self) -> list[URLPattern]:
        back = self.admin_site.admin_view(self.take_back_view)
        return [path("<int:pk>/take-back/", back, name="counseling_slotoffer_take_back"), *super().get_urls()]

    def take_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def take_back(offer: SlotOffer, given: dict[str, Any]) -> None:
            answering.take_back(offer, by=request.user, reason=given["reason"])

        note = "가족에게 제안을 거둔다고 알리고, 그 시간은 다음 사람에게 제안합니다. 순서는 그대로입니다."
        return self.act(request, pk, "제안 거두기", ReasonForm(request.POST or None), take_back, note=note)

    @admin.display(description="상담 일시", ordering="slot__period__startswith")
    def when(self, offer: SlotOffer) -> str:
        return f"{kdatetime(offer.slot.starts_at)} {offer.slot.counselor}"

    @admin.display(description="학생")
    def student(self, offer: SlotOffer) -> str:
        return offer.wish.student.name

    @admin.display(description="상담 주제")
    def topic(self, offer: SlotOffer) -> str:
        return offer.wish.topic.name


@admin.register(Queue)
class QueueAdmin(StaffAdmin):
    list_display = ["label", "answer_hours", "least_minutes", "passes", "weeks", "paused"]
    fields = ["label", "answer_hours", "least_minutes", "passes", "weeks", "paused"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a room makes its queue when somebody waits for the first time

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
