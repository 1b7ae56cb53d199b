"""Where people answer, and where everybody reads the results."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lifecycle.locks import Refused
from surveys import answering, results, tokens
from surveys.answering import Given
from surveys.forms import AnswerForm
from surveys.models import Comment, Invitation, Survey
from tables.charts import svg
from tables.files import FILES, attachment

COMMENTS_SHOWN = 50


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """An invitation's page. Its first question is one press; opening it answers nothing."""
    key = tokens.read(token)
    found = Invitation.objects.select_related("survey").filter(pk=key).first() if key else None
    if found is None:
        return render(request, "surveys/over.html", {"answered": False}, status=410)
    if "ticket" in request.POST:
        return _more(request, found.survey)
    if found.is_answered:
        return render(request, "surveys/over.html", {"answered": True, "survey": found.survey})
    return _first(request, found.survey, lambda given: answering.answer(found, given))


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def visitor(request: HttpRequest, code: str) -> HttpResponse:
    """Where a QR code leads, for whoever has no account."""
    survey = get_object_or_404(Survey, code=code, use=Survey.Use.VISITOR)
    if "ticket" in request.POST:
        return _more(request, survey)
    if not survey.is_open:
        return render(request, "surveys/over.html", {"answered": False}, status=410)
    return _first(request, survey, lambda given: answering.visitor(survey, given))


def _first(request: HttpRequest, survey: Survey, take: Callable[[Given], uuid.UUID]) -> HttpResponse:
    form = AnswerForm(request.POST if request.method == "POST" else None, survey=survey, first=True)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            key = take(form.given)
        except answering.Gone:
            return render(request, "surveys/over.html", {"answered": True, "survey": survey})
        except Refused as refused:
            refusal = str(refused)
        else:
            return _asked_more(request, survey, tokens.ticket(key))
    context = {"survey": survey, "question": next(iter(form.questions), None), "form": form, "refusal": refusal}
    return render(request, "surveys/first.html", context, status=422 if refusal or form.errors else 200)


def _asked_more(request: HttpRequest, survey: Survey, ticket: str) -> HttpResponse:
    """The first answer is in; whatever else is asked may be left out."""
    form = AnswerForm(survey=survey, first=False)
    if not form.questions:
        return render(request, "surveys/thanks.html", {"survey": survey})
    return render(request, "surveys/more.html", {"survey": survey, "form": form, "ticket": ticket})


def _more(request: HttpRequest, survey: Survey) -> HttpResponse:
    ticket = request.POST.get("ticket", "")
    key = tokens.read_ticket(ticket)
    if key is None:
        raise Http404
    form, refusal = AnswerForm(request.POST, survey=survey, first=False), ""
    if form.is_valid():
        try:
            answering.add(key, survey, form.given)
        except answering.Gone:
            pass  # what was said before is counted already; there is nothing to tell but thanks
        except Refused as refused:
            refusal = str(refused)
        if not refusal:
            return render(request, "surveys/thanks.html", {"survey": survey})
    context = {"survey": survey, "form": form, "ticket": ticket, "refusal": refusal}
    return render(request, "surveys/more.html", context, status=422)


@login_not_required
@require_safe
def public(request: HttpRequest) -> HttpResponse:
    """The results that the centre publishes, and what it did about what people wrote."""
    surveys = list(Survey.objects.filter(is_published=True).order_by("use", "pk"))
    survey = next((one for one in surveys if str(one.pk) == request.GET.get("of")), surveys[0] if surveys else None)
    halves = results.halves(survey) if survey else []
    half = results.half_called(halves, request.GET.get("half")) or (halves[0] if halves else None)
    tables = results.tables(survey, half) if half else []
    context = {
        "surveys": surveys,
        "survey": survey,
        "halves": [(one.isoformat(), results.half_label(one)) for one in halves],
        "half": half.isoformat() if half else "",
        "tables": tables,
        "chart": svg(results.trend(survey, tables[0])) if tables else "",
        "comments": Comment.objects.filter(is_published=True).order_by("-quarter", "pk")[:COMMENTS_SHOWN],
    }
    return render(request, "surveys/results.html", context)


@login_not_required
@require_safe
def public_file(request: HttpRequest, pk: int, half: str, place: int, form: str) -> HttpResponse:
    """One of the published tables as a file."""
    survey = get_object_or_404(Survey, pk=pk, is_published=True)
    return table_file(survey, half, place, form)


def table_file(survey: Survey, half: str, place: int, form: str) -> HttpResponse:
    """The table that stands at ``place`` among the results of a half-year, as ``csv`` or ``xlsx``."""
    first = results.half_called(results.halves(survey), half)
    tables = results.tables(survey, first) if first else []
    if form not in FILES or place >= len(tables):
        raise Http404
    return attachment(FILES[form](tables[place]), tables[place].title, form)
