"""Schools' pages (a school's own login) and what everybody may read: calls and what was granted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from budget.grants import applying, filing, papers, paying, register, settling
from budget.grants.applying import Incomplete
from budget.grants.forms import ApplicationForm, PaymentForm, ReportForm
from budget.models import GrantApplication, GrantCall, GrantFile, GrantPayment
from budget.models.grants import schools_of
from lifecycle.locks import Refused
from tables.files import FILES, attachment

TYPES = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
FILES_AT_ONCE = 6
ENVELOPE = 1024 * 1024  # what the words of a form may weigh
both = require_http_methods(["GET", "HEAD", "POST"])


class InMemory(MemoryFileUploadHandler):
    """Keeps every upload in memory: Django would put the larger ones on the disk as they are."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True


def never_on_disk(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse an oversized body before it is read, and read the rest into memory; only then look for the CSRF token."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            length = request.META.get("CONTENT_LENGTH") or ""
            if not length.isdigit() or int(length) > FILES_AT_ONCE * settings.UPLOAD_MOST_BYTES + ENVELOPE:
                return render(request, "questionnaires/too_big.html", {"most": settings.UPLOAD_MOST_BYTES}, status=413)
            request.upload_handlers = [InMemory(request)]
        return protected(request, *args, **kwargs)

    return guarded


# --- Everybody ----------------------------------------------------------------------------------
@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Calls that are open or to come, and what was granted, by year."""
    now = timezone.now()
    years = register.years()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and int(asked) in years else None
    calls = list(GrantCall.objects.published().filter(closes_at__gt=now).order_by("closes_at", "pk"))
    for call in calls:
        call.now = call.stand_at(now)
    context = {
        "calls": calls,
        "table": register.granted(year),
        "years": years,
        "year": year,
        "mine": request.user.is_authenticated and schools_of(request.user).exists(),
    }
    return render(request, "grants/home.html", context)


@login_not_required
@require_safe
def granted_file(request: HttpRequest, form: str) -> HttpResponse:
    if form not in FILES:
        raise Http404
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and int(asked) in register.years() else None
    table = register.granted(year)
    return attachment(FILES[form](table), table.title, form)


@login_not_required
@require_safe
def call(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(GrantCall.objects.published(), pk=pk)
    schools = list(schools_of(request.user).order_by("name")) if request.user.is_authenticated else []
    own = {
        one.school_id: one
        for one in found.applications.filter(school__in=schools).exclude(state__in=["withdrawn", "cancelled"])
    }
    context = {
        "call": found,
        "stand": found.stand,
        "accounts": found.accounts.order_by("code"),
        "schools": [(school, own.get(school.pk)) for school in schools],
    }
    return render(request, "grants/call.html", context)


# --- A school's own -------------------------------------------------------------------------------
@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Everything that one's schools have applied for, newest first; nobody else has this page."""
    schools = list(schools_of(request.user).order_by("name"))
    if not schools:
        raise Http404
    rows = GrantApplication.objects.filter(school__in=schools).for_page()
    context = {
        "schools": schools,
        "applications": register.with_money(rows).order_by("-created_at", "-pk")[:200],
        "calls": [one for one in GrantCall.objects.published().order_by("closes_at") if one.is_open],
    }
    return render(request, "grants/mine.html", context)


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(GrantCall.objects.published(), pk=pk)
    key = request.POST.get("school", "")
    school = get_object_or_404(schools_of(request.user), pk=key if key.isascii() and key.isdecimal() else 0)
    try:
        application = applying.start(found, school, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("grants:call", pk)
    return redirect("grants:edit" if application.state == "draft" else "grants:application", application.pk)


@never_cache
@require_safe
def application(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _own(request, pk))


def _page(request: HttpRequest, found: GrantApplication, form: PaymentForm | None = None) -> HttpResponse:
    now = timezone.now()
    most = paying.askable(found)
    waiting = found.payments.filter(state=GrantPayment.State.ASKED).exists()
    state = GrantApplication.State
    context = {
        "application": found,
        "may_edit": found.may_be_edited_at(now),
        "may_withdraw": state.WITHDRAWN in GrantApplication.MOVES[found.state],
        "is_granted": found.state in GrantApplication.GRANTEES,
        "may_report": found.state in (state.GRANTED, state.REWORK) and found.paid_won > 0,
        "is_returning": found.state == state.RETURNING,
        "rest": settling.to_return(found) if found.state == state.RETURNING else 0,
        "lines": found.lines.select_related("account"),
        "answers": [(one, found.answers.get(str(one.pk), "")) for one in found.call.questions.all()],
        "files": found.files.select_related("paper").order_by("paper", "pk"),
        "payments": found.payments.select_related("entry"),
        "report": getattr(found, "report", None),
        "trail": found.trail(),
        "most": most,
        "payment_form": form or (PaymentForm() if most > 0 and not waiting else None),
    }
    return render(request, "grants/application.html", context)


@never_cache
@never_on_disk
@both
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form. 저장 keeps it, 제출 sends it, and a file's own button keeps the rest and removes the file."""
    found = _own(request, pk)
    if request.method == "POST":
        return _edited(request, found, ApplicationForm(request.POST, request.FILES, application=found))
    if not found.may_be_edited_at(timezone.now()):
        return redirect("grants:application", pk)
    return _edit_page(request, found, ApplicationForm(application=found))


def _edited(request: HttpRequest, found: GrantApplication, form: ApplicationForm) -> HttpResponse:
    if not form.is_valid():
        return _edit_page(request, found, form)
    try:
        draft = form.draft()
        found = applying.save(found, draft, by=request.user)
        if not _take_files(form, found, request) or _discarded(request, found):
            return _again(request, found, form)
        if "send" not in request.POST:
            messages.success(request, _("저장했습니다. 마감 전에 ‘제출하기’를 눌러 주세요."))
            return redirect("grants:edit", found.pk)
        again = replace(draft, revision=found.revision)
        applying.submit(found, again, by=request.user)
    except Incomplete as refused:
        for sentence in refused.missing:
            form.add_error(None, sentence)
        return _again(request, found, form)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _edit_page(request, found, form)
    messages.success(request, _("신청을 제출했습니다. 접수 알림을 보내 드립니다."))
    return redirect("grants:application", found.pk)


def _again(request: HttpRequest, found: GrantApplication, form: ApplicationForm) -> HttpResponse:
    """The page with what was typed and saved: the next time it starts from the revision that was saved."""
    form.data = form.data.copy()
    form.data["revision"] = str(GrantApplication.objects.get(pk=found.pk).revision)
    return _edit_page(request, found, form)


def _edit_page(request: HttpRequest, found: GrantApplication, form: ApplicationForm) -> HttpResponse:
    files = found.files.exclude(paper=None).select_related("paper").order_by("paper", "pk")
    return render(request, "grants/edit.html", {"application": found, "form": form, "files": files})


def _take_files(form: ApplicationForm | ReportForm, found: GrantApplication, request: HttpRequest) -> bool:
    """Take in what was chosen; what cannot be taken says why at its field. Whether all was taken."""
    for name, paper, file in form.uploads():
        try:
            filing.receive(found, paper=paper, name=file.name, data=file.read(), by=request.user)
        except Refused as refused:
            form.add_error(name, str(refused))
    return not form.errors


def _discarded(request: HttpRequest, found: GrantApplication) -> bool:
    key = request.POST.get("discard", "")
    if not key:
        return False
    row = found.files.filter(pk=key if key.isascii() and key.isdecimal() else 0).first()
    if row is not None:
        filing.discard(row)
        messages.success(request, _("%(name)s 파일을 지웠습니다.") % {"name": row.name})
    return True


@never_cache
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file of one's own school, as it was sent."""
    row = get_object_or_404(GrantFile.objects.filter(application__school__in=schools_of(request.user)), pk=pk)
    return shown(row)


def shown(row: GrantFile) -> HttpResponse:
    headers = {
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(row.name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return HttpResponse(row.file.clear(), content_type=TYPES[row.kind], headers=headers)


@never_cache
@both
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    if request.method != "POST":
        return render(request, "grants/withdraw.html", {"application": found})
    _tell(
        request,
        lambda: applying.withdraw(found, by=request.user, reason=request.POST.get("reason", "").strip()[:200]),
        _("신청을 철회했습니다."),
    )
    return redirect("grants:application", pk)


@never_cache
@require_POST
def ask_payment(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = _own(request, pk), PaymentForm(request.POST)
    if form.is_valid():
        try:
            paying.ask(found, form.cleaned_data["amount_won"], remark=form.cleaned_data["remark"], by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("지급을 요청했습니다. 지급하면 알려 드립니다."))
            return redirect("grants:application", pk)
    return _page(request, found, form)


@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    mine = GrantPayment.objects.filter(application__school__in=schools_of(request.user))
    payment = get_object_or_404(mine.select_related("application"), pk=pk)
    _tell(request, lambda: paying.take_back(payment, by=request.user), _("지급 요청을 취소했습니다."))
    return redirect("grants:application", payment.application_id)


@never_cache
@never_on_disk
@both
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """정산 보고: 저장 keeps it, 보고 sends it."""
    found = _own(request, pk)
    if found.state not in (GrantApplication.State.GRANTED, GrantApplication.State.REWORK):
        return redirect("grants:application", pk)
    if request.method == "POST":
        return _reported(request, found, ReportForm(request.POST, request.FILES, application=found))
    return _report_page(request, found, ReportForm(application=found))


def _reported(request: HttpRequest, found: GrantApplication, form: ReportForm) -> HttpResponse:
    if not form.is_valid():
        return _report_page(request, found, form)
    said = {"done": form.cleaned_data["done"], "interest_won": form.cleaned_data["interest_won"] or 0}
    try:
        settling.save(found, form.spent(), **said, by=request.user)
        if not _take_files(form, found, request) or _discarded(request, found):
            return _report_page(request, found, form)
        if "send" not in request.POST:
            messages.success(request, _("저장했습니다. 다 적으면 ‘정산 보고하기’를 눌러 주세요."))
            return redirect("grants:report", found.pk)
        settling.report(found, form.spent(), **said, by=request.user)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _report_page(request, found, form)
    messages.success(request, _("정산을 보고했습니다. 확인이 끝나면 알려 드립니다."))
    return redirect("grants:application", found.pk)


def _report_page(request: HttpRequest, found: GrantApplication, form: ReportForm) -> HttpResponse:
    files = found.files.filter(paper=None)
    return render(request, "grants/report.html", {"application": found, "form": form, "files": files})


@require_POST
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    try:
        return redirect(papers.letter(found, by=request.user))
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("grants:application", pk)


def _own(request: HttpRequest, pk: int) -> GrantApplication:
    return get_object_or_404(GrantApplication.objects.filter(school__in=schools_of(request.user)).for_page(), pk=pk)


def _tell(request: HttpRequest, act: Callable[[], object], done: str) -> None:
    try:
        act()
        messages.success(request, done)
    except Refused as refused:
        messages.error(request, str(refused))
