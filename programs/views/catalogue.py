from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from django.views.generic import ListView

from accounts.schoolyear import Level
from programs.models import Program, Status

PER_PAGE = 12


@method_decorator(login_not_required, name="dispatch")
class ProgramList(ListView):
    """The catalogue. The address holds the whole search; a value it does not know is passed over."""

    paginate_by = PER_PAGE
    template_name = "programs/list.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        asked = request.GET
        self.audience = asked["audience"] if asked.get("audience") in Program.Audience.values else ""
        self.level = asked["level"] if asked.get("level") in Level.values else ""
        self.status = asked["status"] if asked.get("status") in Status.values else ""
        self.words = unicodedata.normalize("NFC", asked.get("q", "")).strip()[:50]

    def get_queryset(self) -> QuerySet[Program]:
        programs = Program.objects.published().with_status()
        if self.audience:
            programs = programs.filter(audience__contains=[self.audience])
        if self.level:
            programs = programs.filter(Program.reaching(self.level))
        if self.status:
            programs = programs.having(self.status)
        return programs.matching(self.words).useful_first()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            audience=self.audience,
            audiences=Program.Audience.choices,
            level=self.level,
            levels=Level.choices,
            status=self.status,
            statuses=Status.choices,
            words=self.words,
            narrowed=bool(self.audience or self.level or self.status or self.words),
            **kwargs,
        )


@login_not_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    program = get_object_or_404(Program.objects.visible_to(request.user).with_status(), pk=pk)
    runs = program.shown_runs
    context = {
        "program": program,
        "runs": [run for run in runs if run.status != Status.OVER],
        "past_runs": [run for run in reversed(runs) if run.status == Status.OVER],
    }
    return render(request, "programs/detail.html", context)
