"""The partner's login: its own runs and sessions, and for some days the roster without contacts."""

from __future__ import annotations

from collections import defaultdict

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Partner
from lifecycle.locks import Refused
from programs import rosters
from programs.models import Agreement, Application, HandOver, Program, RosterAnswer, RosterShare, Run
from programs.models.handovers import partner_keys
from tables.files import FILES, attachment


def _is_partner(request: HttpRequest) -> list[Partner]:
    """The partners that the visitor works for; for everybody else there is no such page."""
    found = list(Partner.objects.filter(pk__in=partner_keys(request.user)))
    if not found:
        raise Http404
    return found


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Own runs: what lies ahead first, then what is over."""
    partners = _is_partner(request)
    now = timezone.now()
    runs = rosters.runs_of(request.user).select_related("program").order_by("starts_at", "pk")
    context = {
        "partners": partners,
        "ahead": list(runs.filter(ends_at__gt=now)[:100]),
        "past": list(runs.filter(ends_at__lte=now).order_by("-starts_at", "-pk")[:50]),
    }
    return render(request, "programs/partner/home.html", context)


@never_cache
@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    share = rosters.share_for(request.user, found)
    seats = found.applications.filter(state__in=Application.SEATED)
    context = {
        "run": found,
        "sessions": found.sessions.order_by("starts_at", "pk"),
        "people": seats.places_taken(),
        "share": share,
        "refusal": rosters.refusal(share, timezone.now()) if share else "",
        "over": found.ends_at <= timezone.now(),
    }
    return render(request, "programs/partner/run.html", context)


@never_cache
@require_safe
def roster(request: HttpRequest, pk: int) -> HttpResponse:
    """The roster on a page; opening it is written down as a hand-over."""
    try:
        found = rosters.hand_over(request, pk, HandOver.Act.VIEW)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("partner:run", pk)
    return render(request, "programs/partner/roster.html", {"roster": found, "run": found.share.run})


@never_cache
@require_POST
def roster_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    if form not in FILES:
        raise Http404
    try:
        found = rosters.hand_over(request, pk, HandOver.Act.FILE)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("partner:run", pk)
    table = found.table()
    return attachment(FILES[form](table), _("명단 %(run)s") % {"run": table.title}, form)


def _own(request: HttpRequest, pk: int) -> Run:
    return get_object_or_404(rosters.runs_of(request.user).select_related("program"), pk=pk)


# --- Read by families ---------------------------------------------------------------------------
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Who gets the roster of a run, for what and until when; families with an application answer here."""
    found = get_object_or_404(Run.objects.published().select_related("program"), pk=pk)
    shares = list(rosters.told_of(found))
    own = _own_applications(request, found)
    if request.method == "POST":
        return _answer(request, found, shares, own)
    said = _answers(shares, own)
    asked = [
        (share, [(one, said.get((share.pk, one.pk))) for one in own])
        for share in shares
        if share.basis == RosterShare.Basis.PROVIDED
    ]
    context = {"run": found, "shares": shares, "asked": asked if own else []}
    return render(request, "programs/roster_notice.html", context)


def _own_applications(request: HttpRequest, found: Run) -> list[Application]:
    if not request.user.is_authenticated:
        return []
    mine = Application.objects.of_family(request.user).live().filter(run=found, headcount=None)
    return list(mine.prefetch_related("participants__student", "participants__user").order_by("number"))


def _answers(shares: list[RosterShare], own: list[Application]) -> dict[tuple[int, int], bool]:
    rows = RosterAnswer.objects.filter(share__in=shares, application__in=own).order_by("at", "pk")
    return {(row.share_id, row.application_id): row.agreed for row in rows}


def _answer(request: HttpRequest, found: Run, shares: list[RosterShare], own: list[Application]) -> HttpResponse:
    share = next((one for one in shares if str(one.pk) == request.POST.get("share")), None)
    application = next((one for one in own if str(one.pk) == request.POST.get("application")), None)
    if share is None or application is None or request.POST.get("agreed") not in {"yes", "no"}:
        raise Http404
    try:
        rosters.answer(application, share, request.POST["agreed"] == "yes", by=request.user)
        messages.success(request, _("답을 저장했습니다. 행사 전까지 이 화면에서 바꿀 수 있습니다."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("programs:roster_notice", found.pk)


@login_not_required
@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """With whom the centre works, by kind, and what was run together: those with a run or an agreement in force."""
    now = timezone.now()
    runs = Run.objects.published().exclude(state=Run.State.CANCELLED).filter(program__published_at__lte=now)
    together = Run.partners.through.objects.filter(run__in=runs.values("pk"))
    programs: dict[int, list[Program]] = defaultdict(list)
    titles = Program.objects.in_bulk(set(together.values_list("run__program", flat=True)))
    for partner, program in together.values_list("partner", "run__program").distinct().order_by("run__program"):
        programs[partner].append(titles[program])
    times = dict(together.values("partner").annotate(times=Count("run", distinct=True)).values_list("partner", "times"))
    agreed = Agreement.objects.in_force(timezone.localdate()).filter(partner=OuterRef("pk"))
    partners = Partner.objects.filter(Q(pk__in=list(times)) | Exists(agreed)).order_by("name", "pk")
    by_kind: dict[str, list[Partner]] = {kind: [] for kind in Partner.Kind.values}
    for partner in partners:
        partner.times, partner.programs = times.get(partner.pk, 0), programs[partner.pk]
        by_kind[partner.kind].append(partner)
    groups = [(Partner.Kind(kind).label, found) for kind, found in by_kind.items() if found]
    return render(request, "programs/partners.html", {"groups": groups})
