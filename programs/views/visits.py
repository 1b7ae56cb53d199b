"""찾아가는 프로그램, the teacher's side: ask, see what became of it, take a proposed date, give it up."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lifecycle.locks import Refused
from programs import visiting
from programs.models import Program, Visit
from programs.visit_forms import VisitForm

both = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@require_safe
def visits(request: HttpRequest) -> HttpResponse:
    """Own requests, and the programmes that come to schools; for nobody but teachers."""
    own = list(Visit.objects.filter(asked_by=request.user).for_page()[:100])
    schools = visiting.schools_of(request.user)
    if not own and not schools:
        raise Http404
    programs = Program.objects.published().filter(takes_visits=True).order_by("position", "pk")
    context = {"visits": own, "schools": schools, "programs": programs if schools else []}
    return render(request, "programs/visits/list.html", context)


@never_cache
@both
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    program = get_object_or_404(Program.objects.published().filter(takes_visits=True), pk=pk)
    schools = visiting.schools_of(request.user)
    form = VisitForm(
        request.POST if request.method == "POST" else None, schools=schools, back=program.get_absolute_url()
    )
    if schools and form.is_valid():
        try:
            visit = visiting.ask(program, form.cleaned_data["school"], form.wish(), form.spans(), by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("방문 신청을 받았습니다. 일정을 맞추어 알려 드리겠습니다."))
            return redirect("programs:visit", visit.pk)
    return render(request, "programs/visits/ask.html", {"program": program, "form": form, "schools": schools})


@never_cache
@require_safe
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    now = timezone.now()
    context = {"visit": found, "choices": [one for one in found.proposed if one.starts_at > now], "off": found.is_off}
    return render(request, "programs/visits/visit.html", context)


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    chosen = request.POST.get("time", "")
    try:
        visiting.accept(_own(request, pk), int(chosen) if chosen.isdecimal() else 0, by=request.user)
        messages.success(request, _("일정을 확정했습니다. 알림을 보내 드립니다."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("programs:visit", pk)


@never_cache
@both
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    if request.method == "POST":
        try:
            visiting.cancel(found, by=request.user, reason=request.POST.get("reason", "").strip()[:200])
            messages.success(request, _("방문 신청을 취소했습니다."))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("programs:visit", pk)
    return render(request, "programs/visits/cancel.html", {"visit": found})


def _own(request: HttpRequest, pk: int) -> Visit:
    return get_object_or_404(Visit.objects.filter(asked_by=request.user).for_page(), pk=pk)
