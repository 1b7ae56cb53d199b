"""The front door: what one can do here, and what is going on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_not_required
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.overview import Asked, Group, foremost
from centre.calendar import Calendar, Now
from counseling import free
from newsletter.models import Post
from programs import rules
from programs.models import Run, Status

DAYS_AHEAD = 14  # how far the next day off is looked for
RUNS, POSTS = 3, 4


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every visitor's first page: the same few queries, however much there is."""
    now = timezone.now()
    today = timezone.localdate(now)
    calendar = Calendar.load(today, today + timedelta(days=DAYS_AHEAD))
    posts = _posts(now)
    context = {
        "step": foremost(request.user, now) if request.user.is_authenticated else None,
        "asked_at": now,
        "now": Now.of(calendar, now),
        "day_off": next((off for off in calendar.days_off() if off.last_day > today), None),
        "topics": free.earliest(),
        "runs": _runs(now),
        "news": [post for post in posts if post.kind == Post.Kind.ADMISSIONS],
        "notices": [post for post in posts if post.kind == Post.Kind.NOTICE],
    }
    return render(request, "home.html", context)


@require_safe
def my_page(request: HttpRequest) -> HttpResponse:
    """나의 페이지: every child's things in one place, what is next first; as many queries for five as for one."""
    asked = Asked.by(request.user)
    children = [
        {
            "student": student,
            "own": student.user_id == request.user.pk,
            "groups": [(group, found) for group in Group if (found := asked.of(student, group))],
        }
        for student in asked.students
    ]
    return render(request, "my.html", {"asked": asked, "children": children, "asked_at": asked.now})


@dataclass(frozen=True)
class OpenRun:
    """A date one can still apply for, or will be able to."""

    url: str
    title: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None
    status: Status


def _runs(now: datetime) -> list[OpenRun]:
    """What closes first comes first; what needs no application counts until it ends."""
    waiting = Q(closes_at__gt=now) | Q(opens_at=None, ends_at__gt=now)
    shown = ("id", "program_id", "title", "starts_at", "ends_at", "opens_at", "closes_at")
    counted = ("state", "admission", "capacity", "waiting_most")
    runs = list(
        Run.objects.published()
        .filter(waiting, program__published_at__lte=now)
        .exclude(state=Run.State.CANCELLED)
        .annotate(program_title=F("program__title"))
        .only(*shown, *counted)
        .order_by("closes_at", "starts_at", "pk")[:RUNS]
    )
    places = rules.places([run for run in runs if run.status_at(now) == Status.OPEN], now)
    return [
        OpenRun(
            reverse("programs:detail", args=[run.program_id]),
            run.program_title,
            run.starts_at,
            run.ends_at,
            run.opens_at,
            run.closes_at,
            run.status_at(now, places.get(run.pk)),
        )
        for run in runs
    ]


@dataclass(frozen=True)
class Headline:
    url: str
    kind: str
    title: str
    published_at: datetime


def _posts(now: datetime) -> list[Headline]:
    """The newest valid posts of each kind, in one query."""
    posts = Post.objects.published().valid().newest_first()
    columns = ("pinned", "published_at", "pk", "kind", "title")
    rows = [posts.filter(kind=kind).values_list(*columns)[:POSTS] for kind in Post.Kind]
    return [
        Headline(reverse("newsletter:detail", args=[pk]), kind, title, published)
        for _pinned, published, pk, kind, title in sorted(rows[0].union(*rows[1:], all=True), reverse=True)
    ]
