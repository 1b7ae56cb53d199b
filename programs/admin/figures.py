"""프로그램 통계: a programme, a year and a division, as a page and as files. Nobody's name is in them, so no reason is asked."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone

from programs import figures
from programs.admin.pages import SEE, Pages
from programs.models import Program, Run
from tables.files import FILES, attachment


class Figures(Pages):
    def urls(self) -> list[URLPattern]:
        return [
            path("figures/", self.guarded(self.page_of_figures, SEE), name="programs_figures"),
            path(
                "<int:pk>/figures/<int:year>/<slug:by>.<slug:form>",
                self.guarded(self.file, SEE),
                name="programs_figures_file",
            ),
        ]

    def page_of_figures(self, request: HttpRequest) -> HttpResponse:
        """What makes no sense in the address is the first of what can be chosen."""
        years = figures.years(timezone.localdate())
        asked = request.GET.get("year", "")
        year = (
            int(asked) if asked.isdecimal() and len(asked) == 4 and int(asked) in years else timezone.localdate().year
        )
        held = Program.objects.filter(Exists(Run.objects.filter(program=OuterRef("pk")))).order_by("title", "pk")
        programs = list(held)
        program = next((one for one in programs if str(one.pk) == request.GET.get("program")), None)
        program = program or next(iter(programs), None)
        by = request.GET.get("by", "")
        context = {
            "title": "프로그램 통계",
            "programs": programs,
            "program": program,
            "years": years,
            "year": year,
            "divisions": figures.DIMENSIONS,
            "by": by if by in figures.DIMENSIONS else next(iter(figures.DIMENSIONS)),
        }
        if program:
            found = dict(zip(figures.DIMENSIONS, figures.tables(program, year), strict=True))
            context["table"] = found[context["by"]]
        return self.show(request, "admin/programs/figures.html", context)

    def file(self, request: HttpRequest, pk: int, year: int, by: str, form: str) -> HttpResponse:
        program = get_object_or_404(Program, pk=pk)
        if year not in figures.years(timezone.localdate()) or by not in figures.DIMENSIONS or form not in FILES:
            raise Http404
        table = dict(zip(figures.DIMENSIONS, figures.tables(program, year), strict=True))[by]
        return attachment(FILES[form](table), table.title, form)
