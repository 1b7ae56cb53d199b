"""What a family sees of its no-shows and of its teachers' letters, and the page on which a teacher refers."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Student
from intake import noshow, referring
from intake.forms import AppealForm, ReferForm
from intake.models import Referral, ReferralCode, Strike
from lifecycle.locks import Refused

both = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def strikes(request: HttpRequest) -> HttpResponse:
    """Every no-show of one's children and oneself, the latest first."""
    mine = Strike.objects.of_family(request.user).select_related("student", "appeal")
    now = timezone.now()
    rows = [(strike, strike.can_be_appealed(now) and not hasattr(strike, "appeal")) for strike in mine]
    return render(request, "intake/strikes.html", {"rows": rows})


@both
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Explain a no-show, once, until the deadline."""
    strike = get_object_or_404(Strike.objects.of_family(request.user).select_related("student", "appeal"), pk=pk)
    if hasattr(strike, "appeal") or not strike.can_be_appealed(timezone.now()):
        if request.method == "POST":
            messages.error(request, _("이미 알려 주셨거나 알릴 수 있는 기한이 지났습니다."))
        return redirect("intake:strikes")
    form = AppealForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            noshow.appeal(strike, by=request.user, text=form.cleaned_data["text"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("사정을 받았습니다. 확인하고 답해 드리겠습니다."))
            return redirect("intake:strikes")
    return render(request, "intake/appeal.html", {"strike": strike, "form": form})


@both
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """What a teacher wrote about one's child; the family may decline."""
    referral = get_object_or_404(
        Referral.objects.of_family(request.user).select_related("student", "teacher", "school"), pk=pk
    )
    if request.method == "POST":
        referring.end(referral, Referral.State.DECLINED, by=request.user)
        messages.success(request, _("알겠습니다. 이 의뢰는 더 쓰이지 않습니다."))
        return redirect("intake:letter", pk)
    context = {"referral": referral, "is_open": referral.is_open(timezone.now())}
    return render(request, "intake/letter.html", context)


@both
def code(request: HttpRequest, pk: int) -> HttpResponse:
    """A code that the family may give to a teacher of any school."""
    student = get_object_or_404(Student.objects.editable_by(request.user), pk=pk)
    if request.method == "POST":
        referring.make_code(student, by=request.user)
        return redirect("intake:code", pk)
    given = ReferralCode.objects.filter(student=student, valid_until__gt=timezone.now()).first()
    letters = Referral.objects.filter(student=student).order_by("-asked_at")
    return render(request, "intake/code.html", {"student": student, "given": given, "letters": letters})


@both
def refer(request: HttpRequest) -> HttpResponse:
    """For teachers whose school staff have confirmed; for anybody else this page does not exist."""
    if not referring.schools(request.user).exists():
        raise Http404
    form = ReferForm(request.POST if request.method == "POST" else None, subjects=referring.subjects())
    if form.is_valid():
        given = form.cleaned_data
        try:
            student = referring.find(
                request, name=given["name"].strip(), birth_date=given["birth_date"], code=given["code"]
            )
            referring.refer(student, form.chosen, reason=given["reason"], teacher=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("의뢰했습니다. 가족에게 알렸고, 가족이 원하지 않으면 거절할 수 있습니다."))
            return redirect("intake:refer")
    now = timezone.now()
    own = [
        (each, each.is_open(now))
        for each in Referral.objects.filter(teacher=request.user).select_related("student")[:50]
    ]
    return render(request, "intake/refer.html", {"form": form, "own": own})


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """A teacher takes a referral back."""
    own = get_object_or_404(Referral.objects.filter(teacher=request.user), pk=pk)
    referring.end(own, Referral.State.WITHDRAWN, by=request.user)
    messages.success(request, _("의뢰를 거두었습니다."))
    return redirect("intake:refer")
