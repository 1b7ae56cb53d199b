"""The catalogue: the list with its search, one programme, and the files that go with it."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Partner
from accounts.schoolyear import GRADES, Level
from programs import finding, monthly
from programs.finding import PER_PAGE, Wish
from programs.models import Material, Program, Status
from programs.shown import shown

MOST_PAGES = 10_000
MONTHS_AROUND = 12  # a paper costs a press; nobody asks for more


@login_not_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """What can be applied for first. The address holds the whole search."""
    wish = Wish.read(request.GET)
    number = _page(request.GET.get("page", "1"))
    answer = finding.find(wish, page=number)
    if number > 1 and not answer.programs:
        raise Http404
    context = {
        "wish": wish,
        "programs": answer.programs,
        "page_obj": Paginator(range(answer.number), PER_PAGE).page(number),
        "this_month": timezone.localdate(),
        "levels": _LEVELS,
        "areas": Program.Area.choices,
        "audiences": Program.Audience.choices,
        "statuses": Status.choices,
        "partners": Partner.Kind.choices,
    }
    return render(request, "programs/list.html", context)


# School levels, and the grades of each.
_LEVELS = [
    (level.value, level.label, [(str(n), label) for n, label in GRADES if first <= n <= last])
    for level, (first, last) in finding.LEVEL_GRADES.items()
    for level in [Level(level)]
]


@login_not_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    program = get_object_or_404(Program.objects.visible_to(request.user), pk=pk)
    return render(request, "programs/detail.html", {"program": program, "shown": shown(program, request.user)})


@login_not_required
@require_safe
def material(request: HttpRequest, pk: int) -> HttpResponse:
    """A file as a download that no browser will run or guess about."""
    visible = Program.objects.visible_to(request.user)
    found = get_object_or_404(Material.objects.filter(program__in=visible), pk=pk)
    try:
        with found.file.open("rb") as file:
            content = file.read()  # Material.clean keeps it small
    except FileNotFoundError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=found.content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.called)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@login_not_required
@require_safe
def month(request: HttpRequest, year: int, number: int) -> HttpResponse:
    """이달의 프로그램 as PDF, for months around now."""
    today = timezone.localdate()
    far = (year - today.year) * 12 + number - today.month
    if not 1 <= number <= 12 or abs(far) > MONTHS_AROUND:
        raise Http404
    printed = monthly.month(date(year, number, 1))
    response = HttpResponse(monthly.pdf(printed), content_type="application/pdf")
    name = quote(f"{printed.title}.pdf")
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{name}"
    return response


def _page(text: str) -> int:
    """The number of a page.

    Raises:
        Http404: it is none.
    """
    if not (text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MOST_PAGES):
        raise Http404
    return int(text)
