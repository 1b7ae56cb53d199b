"""업무협약, 담당자 연락처, 명단 제공: what staff do about those the centre works with."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from krds.dates import kdate, kperiod
from lifecycle import access
from lifecycle.admin import AppendOnlyAdmin, MaskedAdmin, StaffAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_email, mask_name, mask_phone
from lifecycle.models import AccessLog
from programs import agreements, rosters, shift
from programs.models import Agreement, AgreementFile, Application, ContactPerson, HandOver, RosterShare, Run, Stand
from tables.charts import svg
from tables.files import FILES, attachment

TYPES = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
both = require_http_methods(["GET", "HEAD", "POST"])


class StandFilter(admin.SimpleListFilter):
    title = "상태"
    parameter_name = "stand"

    def lookups(self, request: HttpRequest, page: admin.ModelAdmin) -> list[tuple[str, str]]:
        return Stand.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.having(self.value(), timezone.localdate()) if self.value() in Stand.values else queryset


class EndForm(forms.Form):
    """When and why an agreement ends before its time."""

    on = forms.DateField(label="종료일", widget=AdminDateWidget, help_text="이날부터 효력이 없습니다.")
    reason = forms.CharField(
        label="사유",
        max_length=200,
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "사유를 적어 주세요."},
    )


class FileForm(forms.Form):
    file = forms.FileField(
        label="체결한 협약서",
        help_text="PDF, JPG, PNG. 주민등록번호가 보이면 올릴 수 없습니다. 봉인되어 저장됩니다.",
        error_messages={"required": "파일을 골라 주세요."},
    )


@admin.register(Agreement)
class AgreementAdmin(StaffAdmin):
    """An agreement is ended and not deleted: what was agreed is asked for years later."""

    list_display = ["side", "title", "signed_on", "first_day", "term", "stand_label", "responsible"]
    list_display_links = ["side", "title"]
    list_filter = [StandFilter, "partner__kind", "signed_on"]
    search_fields = ["title", "partner__name", "school__name"]
    search_help_text = "협약 이름, 기관 이름, 학교 이름으로 찾습니다."
    readonly_fields = ["stand_label", "term", "ended", "together"]
    change_form_template = "admin/programs/agreement/change_form.html"
    fieldsets = [
        (None, {"fields": ["partner", "school", "title", "content"]}),
        ("기간", {"fields": ["signed_on", ("first_day", "last_day"), "renews_years", "responsible"]}),
        ("상태", {"fields": ["stand_label", "term", "ended", "together"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Agreement | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        return super().get_queryset(request).select_related("partner", "school", "responsible")

    @admin.display(description="상대", ordering="partner__name")
    def side(self, agreement: Agreement) -> str:
        return str(agreement.side)

    @admin.display(description="상태")
    def stand_label(self, agreement: Agreement) -> str:
        renews = " (자동 연장)" if agreement.renews_years and agreement.stand == Stand.VALID else ""
        return f"{agreement.stand.label}{renews}" if agreement.pk else "–"

    @admin.display(description="이번 기간의 마지막 날", ordering="last_day")
    def term(self, agreement: Agreement) -> str:
        end = agreement.term_end(timezone.localdate()) if agreement.pk else None
        return kdate(end) if end else "정하지 않음"

    @admin.display(description="중도 종료")
    def ended(self, agreement: Agreement) -> str:
        if agreement.ended_on is None:
            return "–"
        return f"{kdate(agreement.ended_on)}부터. 사유: {agreement.ended_because}. 처리: {agreement.ended_by}"

    @admin.display(description="함께한 회차")
    def together(self, agreement: Agreement) -> str:
        """How often, and how many people came, within the term of the agreement or not."""
        if not agreement.partner_id:
            return "–"
        runs = Run.objects.filter(partners=agreement.partner_id).exclude(state=Run.State.CANCELLED)
        people = Application.objects.filter(run__in=runs.values("pk"), state__in=Application.SEATED).places_taken()
        titles = runs.values("program__title").annotate(times=Count("pk")).order_by("-times", "program__title")
        return f"{runs.count()}회, {people:,}명. " + ", ".join(
            f"{one['program__title']} {one['times']}회" for one in titles[:10]
        )

    # --- Pages of its own -------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"programs_agreement_{name}")

        return [
            page("<int:pk>/end/", both(self.end_view), "end"),
            path(
                "<int:pk>/files/",
                _in_memory(self.admin_site.admin_view(require_POST(self.file_add))),
                name="programs_agreement_file_add",
            ),
            page("files/<int:pk>/", require_safe(self.file_open), "file_open"),
            page("files/<int:pk>/discard/", require_POST(self.file_discard), "file_discard"),
            page("shift/", require_safe(self.shift_view), "shift"),
            page("shift/figures.<slug:form>", require_safe(self.shift_file), "shift_file"),
            *super().get_urls(),
        ]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if object_id and (agreement := self.get_object(request, object_id)):
            may = self.has_change_permission(request, agreement)
            context |= {
                "papers": agreement.files.select_related("uploaded_by"),
                "file_form": FileForm(),
                "may_change": may,
                "may_end": may and agreement.ended_on is None and agreement.stand != Stand.OVER,
            }
        return super().changeform_view(request, object_id, form_url, context)

    def _one(self, request: HttpRequest, pk: int, *, change: bool = True) -> Agreement:
        if not (self.has_change_permission(request) if change else self.has_view_permission(request)):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        agreement = self._one(request, pk)
        form = EndForm(request.POST or None, initial={"on": timezone.localdate()})
        if request.method == "POST" and form.is_valid():
            try:
                agreements.end(
                    agreement, on=form.cleaned_data["on"], reason=form.cleaned_data["reason"], by=request.user
                )
                self.log_change(request, agreement, "중도 종료")
                messages.success(request, "협약을 끝냈습니다.")
                return redirect("admin:programs_agreement_change", pk)
            except Refused as refused:
                form.add_error(None, str(refused))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "협약 중도 종료",
            "agreement": agreement,
            "form": form,
        }
        return TemplateResponse(request, "admin/programs/agreement/end.html", context)

    def file_add(self, request: HttpRequest, pk: int) -> HttpResponse:
        agreement = self._one(request, pk)
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            messages.error(request, "올릴 파일을 골라 주세요.")
            return redirect("admin:programs_agreement_change", pk)
        sent = form.cleaned_data["file"]
        try:
            paper = agreements.receive(agreement, name=sent.name, data=sent.read(), by=request.user)
            self.log_change(request, agreement, f"협약 파일 올림: {paper.name}")
            messages.success(request, f"{paper.name} 파일을 봉인하여 저장했습니다.")
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:programs_agreement_change", pk)

    def file_open(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        paper = get_object_or_404(AgreementFile.objects.select_related("agreement"), pk=pk)
        access.record(request, AccessLog.Act.VIEW, f"협약 파일 {pk}")  # it bears names and signatures
        headers = {
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(paper.name)}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return HttpResponse(paper.file.clear(), content_type=TYPES[paper.kind], headers=headers)

    def file_discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        paper = get_object_or_404(AgreementFile.objects.select_related("agreement"), pk=pk)
        agreement = self._one(request, paper.agreement_id)
        agreements.discard(paper)
        self.log_change(request, agreement, f"협약 파일 지움: {paper.name}")
        messages.success(request, f"{paper.name} 파일을 지웠습니다.")
        return redirect("admin:programs_agreement_change", agreement.pk)

    # --- 현행 → 개선 --------------------------------------------------------------------------------
    def shift_view(self, request: HttpRequest) -> HttpResponse:
        """Nobody's name is in the figures, so no reason is asked for them."""
        if not request.user.has_perm("programs.view_run"):
            raise PermissionDenied
        table = shift.table(timezone.localdate())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": table.title,
            "table": table,
            "chart": svg(shift.chart(table)),
        }
        return TemplateResponse(request, "admin/programs/shift.html", context)

    def shift_file(self, request: HttpRequest, form: str) -> HttpResponse:
        if not request.user.has_perm("programs.view_run"):
            raise PermissionDenied
        if form not in FILES:
            return redirect("admin:programs_agreement_shift")
        table = shift.table(timezone.localdate())
        return attachment(FILES[form](table), table.title, form)


def _in_memory(view: Any) -> Any:
    """Keep the upload in memory: Django would put a larger one on the disk as it is, before it is sealed."""

    class InMemory(MemoryFileUploadHandler):
        def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
            self.activated = True

    protected = csrf_protect(view)

    @csrf_exempt
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.upload_handlers = [InMemory(request)]
        return protected(request, *args, **kwargs)

    return guarded


@admin.register(ContactPerson)
class ContactPersonAdmin(MaskedAdmin):
    """People of partners and schools, who have no account here; whoever has gone is forgotten in some days."""

    personal = {"name": mask_name, "phone": mask_phone, "email": mask_email}
    list_display = ["partner__name", "school__name", "name", "department", "phone", "email", "ended_at"]
    list_display_links = ["partner__name", "school__name", "name"]
    list_filter = ["partner__kind", ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["partner__name", "school__name", "department"]
    search_help_text = "기관 이름, 학교 이름, 부서로 찾습니다."
    fields = ["partner", "school", "name", "department", "phone", "email", "remark", "ended_at"]
    readonly_fields = ["ended_at"]
    actions = ["gone"]

    def subject_of(self, obj: ContactPerson) -> None:
        return None  # nobody of the portal's own: the log names the row

    @admin.action(description="그만둔 담당자로 표시(5일 뒤 파기)", permissions=["change"])
    def gone(self, request: HttpRequest, queryset: QuerySet[ContactPerson]) -> None:
        number = queryset.filter(ended_at=None).update(ended_at=timezone.now())
        messages.success(request, f"{number}명을 그만둔 담당자로 표시했습니다.")


class ShareForm(forms.ModelForm):
    class Meta:
        model = RosterShare
        fields = ["run", "partner", "basis", "purpose", "keep_days"]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        run, partner = values.get("run"), values.get("partner")
        if run and partner and not run.partners.filter(pk=partner.pk).exists():
            self.add_error("partner", "이 회차를 함께하는 기관이 아닙니다. 먼저 회차의 ‘함께하는 기관’에 더해 주세요.")
        if run and (run.state == Run.State.CANCELLED or run.ends_at <= timezone.now()):
            self.add_error("run", "끝났거나 취소된 회차의 명단은 건네지 않습니다.")
        return values


@admin.register(RosterShare)
class RosterShareAdmin(StaffAdmin):
    """Once families were told it is not rewritten: take it back and announce another."""

    form = ShareForm
    list_display = ["run", "partner", "basis", "purpose", "opens", "created_at", "withdrawn_at"]
    list_filter = ["basis", ("withdrawn_at", admin.EmptyFieldListFilter)]
    search_fields = ["run__title", "run__program__title", "partner__name"]
    search_help_text = "프로그램, 회차, 기관 이름으로 찾습니다."
    actions = ["take_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RosterShare]:
        return super().get_queryset(request).select_related("run__program", "partner", "created_by")

    def has_change_permission(self, request: HttpRequest, obj: RosterShare | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: RosterShare | None = None) -> bool:
        return False

    @admin.display(description="명단을 열 수 있는 때")
    def opens(self, share: RosterShare) -> str:
        return kperiod(share.opens_at, share.closes_at)

    def save_model(self, request: HttpRequest, obj: RosterShare, form: forms.ModelForm, change: bool) -> None:
        rosters.announce(obj, by=request.user)

    @admin.action(description="명단 제공 거두기", permissions=["change"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[RosterShare]) -> None:
        number = sum(rosters.withdraw(share) for share in queryset)
        messages.success(request, f"{number}건을 거두었습니다. 기관은 지금부터 명단을 열 수 없습니다.")


@admin.register(HandOver)
class HandOverAdmin(AppendOnlyAdmin):
    """What 개인정보 담당 looks through: each roster that was handed over, to whom, why."""

    list_display = ["at", "partner", "run", "act", "basis", "purpose", "items", "people", "taken_by"]
    list_filter = ["act", "basis", "at"]
    search_fields = ["partner__name", "run__title", "run__program__title"]
    search_help_text = "기관, 프로그램, 회차 이름으로 찾습니다."
    exclude = ["by"]
    fields = ["at", "run", "partner", "taken_by", "act", "basis", "purpose", "items", "people"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[HandOver]:
        return super().get_queryset(request).select_related("partner", "run__program", "by")

    @admin.display(description="받은 사람")
    def taken_by(self, row: HandOver) -> str:
        return mask_name(row.by.name)
