"""명단으로 신청 받기: a file, a look at every line, and one button that enters all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from lifecycle import access
from lifecycle.locks import Refused
from lifecycle.masking import mask_name
from lifecycle.models import AccessLog
from programs import importing
from programs.admin.pages import SEE, Pages
from programs.admin.workplace import door
from programs.importing import Line, Report, Unreadable
from programs.models import Run
from tables.files import attachment, rows_as_xlsx

ADD = "programs.add_application"


class FileForm(forms.Form):
    file = forms.FileField(
        label="명단 파일",
        help_text=f"엑셀(XLSX)이나 CSV, {importing.MOST}명까지. 첫 줄은 이름, 생년월일, 남길 말입니다.",
        error_messages={"required": "파일을 골라 주세요.", "empty": "빈 파일입니다."},
    )


class Entering(Pages):
    def urls(self) -> list[URLPattern]:
        return [path("<int:pk>/import/", self.guarded(self.enter, SEE, ADD), name="programs_run_import")]

    def enter(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run(pk)
        if "blank" in request.GET:
            return attachment(rows_as_xlsx([importing.COLUMNS]), "참가자 명단 양식", "xlsx")
        sure = "lines" in request.POST
        form = FileForm(*(request.POST, request.FILES) if request.method == "POST" and not sure else ())
        report, lines = None, []
        try:
            if sure:
                lines = _lines(request.POST["lines"])
            elif form.is_valid():
                lines = importing.read(form.cleaned_data["file"].read())
            if lines:
                report = self._enter(request, run, lines, sure=sure)
        except Refused as refused:
            form = FileForm({}, {})
            form.errors["file"] = form.error_class([str(refused)])
        if report and report.done:
            messages.success(request, f"{len(lines)}명의 신청을 받았습니다.")
            return redirect(f"{reverse('admin:programs_application_changelist')}?run={run.pk}")
        context = {
            "title": "명단으로 신청 받기",
            "run": run,
            "form": form,
            "report": report,
            "rows": [(one, mask_name(one.line.name)) for one in report.results] if report else [],
            "lines": json.dumps([[one.number, one.name, one.born, one.remark] for one in lines], ensure_ascii=False),
        }
        return self.show(request, "admin/programs/run/import.html", context)

    def _enter(self, request: HttpRequest, run: Run, lines: Sequence[Line], *, sure: bool) -> Report:
        with transaction.atomic():
            report = importing.enter(run.pk, lines, by=request.user, dry=not sure)
            act = AccessLog.Act.CHANGE if report.done else AccessLog.Act.VIEW
            if report.students:
                what = f"명단으로 신청{'' if report.done else ' 미리 보기'}: {run}"
                access.record(request, act, what, subjects=report.students)
        return report


def _lines(text: str) -> list[Line]:
    """What the look had written into the page; it is checked again like a file."""
    try:
        found = [Line(int(number), *map(str, rest)) for number, *rest in json.loads(text)]
    except (ValueError, TypeError):
        found = []
    if not 0 < len(found) <= importing.MOST:
        raise Unreadable("명단을 다시 올려 주세요.")
    return found


door(
    "명단으로 신청 받기",
    SEE,
    ADD,
    name="programs_run_import",
    position=35,
    shown=lambda run: run.state != Run.State.CANCELLED and run.ends_at > timezone.now(),
)
