"""The public page of a draw: its rule and list before, its seed, result and proof after; by number, without names."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from programs import drawing
from programs.models import Application, Draw, DrawEntry, DrawFile

MOST_NUMBERS = 1_000  # of one kind on the page; any other is found by its number


def _seen(request: HttpRequest, run_id: int) -> Draw:
    draws = Draw.objects.visible_to(request.user).select_related("run__program")
    return get_object_or_404(draws, run=run_id)


@login_not_required
@never_cache
@require_safe
def draw(request: HttpRequest, run_id: int) -> HttpResponse:
    found = _seen(request, run_id)
    asked = request.GET.get("number", "").strip()[:10]
    context: dict[str, Any] = {
        "draw": found,
        "run": found.run,
        "rule": drawing.RULE,
        "asked": asked,
        "own": _own(request, found),
        "now": timezone.now(),
    }
    if found.drawn_at:
        counted = found.entries.order_by().values_list("outcome").annotate(n=Count("pk"))
        context["counts"] = dict(counted)
        context["selected"] = _numbers(found, DrawEntry.Outcome.SELECTED)
        context["reserves"] = _numbers(found, DrawEntry.Outcome.RESERVE)
        context["answer"] = _answer(found, asked) if asked else None
    return render(request, "programs/draw.html", context)


def _numbers(found: Draw, outcome: str) -> list[str]:
    rows = found.entries.filter(outcome=outcome).order_by("number").values_list("number", flat=True)
    return [f"{number:04d}" for number in rows[:MOST_NUMBERS]]


def _answer(found: Draw, asked: str) -> DrawEntry | None:
    """What became of one number. Of one that withdrew nothing is said: it would tie a number to a line of the list."""
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 9:
        return None
    said = {DrawEntry.Outcome.SELECTED, DrawEntry.Outcome.RESERVE, DrawEntry.Outcome.OUT}
    return found.entries.filter(number=int(asked), outcome__in=said).first()


def _own(request: HttpRequest, found: Draw) -> list[DrawEntry]:
    """The lines of one's own family, with the key that shows them to be theirs."""
    if not request.user.is_authenticated:
        return []
    mine = Application.objects.of_family(request.user).filter(run=found.run_id)
    return list(found.entries.filter(application__in=mine).order_by("number"))


@login_not_required
@require_safe
def file(request: HttpRequest, run_id: int, kind: str) -> HttpResponse:
    """The list from its freezing on, the proof from the draw on, byte for byte as it was made."""
    found = _seen(request, run_id)
    if kind not in DrawFile.Kind.values:
        raise Http404
    text = get_object_or_404(found.files, kind=kind).text
    plain = kind == DrawFile.Kind.LIST
    response = HttpResponse(text, content_type=f"{'text/plain' if plain else 'application/json'}; charset=utf-8")
    name = f"draw-{run_id}-{kind}.{'txt' if plain else 'json'}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
