"""What somebody applied for: the list, one application, giving it up, and answering an offered place."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from lifecycle.locks import Refused
from programs import enrolment, questionnaires, rosters, standing, waiting
from programs.calendar_file import calendar_file, place_of
from programs.forms import WithdrawForm
from programs.models import Application, Draw, Run, RunOffer

State = Application.State
AT_ONCE = frozenset({State.APPLIED, State.WAITING})  # given up with one button: no place is lost
PER_PAGE = 20


@require_safe
def applications(request: HttpRequest) -> HttpResponse:
    """내 신청: what lives and lies ahead, what is past, what came to nothing."""
    now = timezone.now()
    mine = Application.objects.of_family(request.user)
    ahead = Q(state__in=Application.LIVE, run__ends_at__gt=now)
    lists = {
        "upcoming": mine.filter(ahead).order_by("run__starts_at", "pk"),
        "past": mine.filter(state__in=Application.SEATED, run__ends_at__lte=now).order_by("-run__starts_at", "-pk"),
        "ended": mine.filter(~ahead).exclude(state__in=Application.SEATED).order_by("-applied_at", "-pk"),
    }
    shown = asked if (asked := request.GET.get("show")) in lists else "upcoming"
    page = Paginator(lists[shown].for_page(), PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    positions, offers = waiting.positions(rows), standing.offers(rows, now)
    listed = [
        {
            "application": one,
            "names": standing.names(one),
            "standing": standing.of(one, now, position=positions.get(one.pk), offer=offers.get(one.pk)),
        }
        for one in rows
    ]
    context = {"page": page, "rows": listed, "shown": shown}
    return render(request, "programs/applications/list.html", context)


@require_safe
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """One application: how it stands, what happens next, and all that one can do about it."""
    one, now = _own(request, pk), timezone.now()
    offer = standing.offers([one], now).get(one.pk)
    step = one.trail().last() if not one.is_live else None
    sessions = one.run.sessions.select_related("room__venue").order_by("starts_at", "pk")
    until = enrolment.cancel_until(one.run, one)
    is_drawn = one.run.admission == Run.Admission.DRAW
    context = {
        "application": one,
        "run": one.run,
        "names": standing.names(one),
        "standing": standing.of(
            one, now, position=waiting.positions([one]).get(one.pk), offer=offer, reason=step.reason if step else ""
        ),
        "offer": offer,
        "ended": step,
        "papers": questionnaires.papers(one, request.user, now),
        "sessions": [(session, place_of(session, one.run.place)) for session in sessions],
        "shares": list(rosters.told_of(one.run)) if one.is_live else [],
        "can_withdraw": one.is_live and now < until,
        "at_once": one.state in AT_ONCE,
        "cancel_until": until,
        "is_seated": one.state in Application.SEATED,
        "is_over": one.run.ends_at <= now,
        "draw": Draw.objects.visible_to(request.user).filter(run=one.run).first() if is_drawn else None,
    }
    return render(request, "programs/applications/application.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an application up: with one button where nothing is lost, with a reason where a place becomes free."""
    one, now = _own(request, pk), timezone.now()
    if not one.is_live or now >= enrolment.cancel_until(one.run, one):
        return redirect(one)
    form = WithdrawForm(request.POST if request.method == "POST" else None, back=one.get_absolute_url())
    leaves_at_once = request.method == "POST" and one.state in AT_ONCE and "reason" not in request.POST
    if leaves_at_once or form.is_valid():
        try:
            enrolment.withdraw(one, by=request.user, reason="" if leaves_at_once else form.sentence)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("신청을 취소했습니다."))
        return redirect(one)
    return render(
        request,
        "programs/applications/withdraw.html",
        {"application": one, "run": one.run, "names": standing.names(one), "form": form},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """An offered place: one button takes it, another says no. Opening the page answers nothing."""
    mine = Application.objects.of_family(request.user).values("pk")
    offers = RunOffer.objects.filter(application__in=mine).select_related("application__run__program")
    offer, refusal = get_object_or_404(offers, pk=pk), ""
    if request.method == "POST":
        try:
            if request.POST.get("answer") == "accept":
                return redirect(waiting.accept(offer, by=request.user))
            if request.POST.get("answer") == "decline":
                waiting.decline(offer, by=request.user)
                messages.success(request, _("제안을 거절했습니다. 이 자리는 기다리는 다음 분께 차례가 돌아갑니다."))
                return redirect(offer.application)
        except Refused as refused:
            refusal = str(refused)
            offer = offers.get(pk=pk)
    one = _own(request, offer.application_id)
    context = {
        "offer": offer,
        "application": one,
        "run": one.run,
        "names": standing.names(one),
        "is_open": offer.is_open(timezone.now()),
        "refusal": refusal,
    }
    return render(request, "programs/applications/offer.html", context, status=409 if refusal else 200)


@require_GET
def ics(request: HttpRequest, pk: int) -> HttpResponse:
    """The sessions for one's own calendar."""
    one = _own(request, pk)
    response = HttpResponse(calendar_file(one), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="program-{one.pk}.ics"'
    return response


def _own(request: HttpRequest, pk: int) -> Application:
    """An application of one's own family, ready to be shown; anybody else's does not exist."""
    mine = Application.objects.of_family(request.user).for_page().select_related("run__rules")
    return get_object_or_404(mine, pk=pk)
