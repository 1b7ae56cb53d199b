"""What a school fills in: the application, the report, a request for money."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from budget.forms import WonField
from budget.grants.applying import LONGEST_ANSWER, Cost, Draft
from budget.models import GrantApplication, GrantPaper
from krds.layout import Fieldset

ACCEPT = ".pdf,.jpg,.jpeg,.png"
EVIDENCE = 3  # files at once; saving gives three more


def _file(label: str, help_text: Any = "") -> forms.FileField:
    return forms.FileField(
        label=label, required=False, help_text=help_text, widget=forms.FileInput({"accept": ACCEPT})
    )  # fmt: skip


def _area(label: str, most: int, rows: int, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea({"rows": rows})
    return forms.CharField(label=label, max_length=most, required=False, widget=widget, help_text=help_text)


def _helper(*parts: Any) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False  # the page's own form holds the buttons of the files, too
    helper.layout = Layout(*parts)
    return helper


class ApplicationForm(forms.Form):
    """The call's questions, its 통계목 and its papers; nothing is required until it is sent."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label=_("사업 이름"), max_length=100, required=False)
    purpose = _area(_("사업 목적과 내용"), 3000, 6)

    def __init__(self, *args: Any, application: GrantApplication, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = list(application.call.questions.all())
        self.accounts = list(application.call.accounts.order_by("code"))
        self.papers = list(application.call.papers.all())
        self.initial = {**self._kept(application), **self.initial}
        for question in self.questions:
            label = question.text if question.required else f"{question.text} ({_('선택')})"
            self.fields[f"question_{question.pk}"] = _area(label, LONGEST_ANSWER, 4)
        for account in self.accounts:
            self.fields[f"won_{account.pk}"] = WonField(label=_("금액(원)"), required=False)
            self.fields[f"basis_{account.pk}"] = forms.CharField(
                label=_("산출 근거"), max_length=200, required=False, help_text=_("예: 강사비 100,000원 × 4회")
            )
        for paper in self.papers:
            label = paper.name if paper.required else f"{paper.name} ({_('선택')})"
            self.fields[f"file_{paper.pk}"] = _file(label, _("PDF, JPG, PNG 파일"))
        self.helper = _helper(
            "revision", "title", "purpose",
            *(f"question_{question.pk}" for question in self.questions),
            *(Fieldset(str(account), f"won_{account.pk}", f"basis_{account.pk}") for account in self.accounts),
            *(f"file_{paper.pk}" for paper in self.papers),
        )  # fmt: skip

    @staticmethod
    def _kept(application: GrantApplication) -> dict[str, Any]:
        kept: dict[str, Any] = {
            "revision": application.revision,
            "title": application.title,
            "purpose": application.purpose,
        }
        kept |= {f"question_{key}": text for key, text in application.answers.items()}
        for line in application.lines.all():
            kept |= {f"won_{line.account_id}": line.amount_won, f"basis_{line.account_id}": line.basis}
        return kept

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        for account in self.accounts:
            won, basis = values.get(f"won_{account.pk}"), values.get(f"basis_{account.pk}", "")
            if won is not None and won <= 0:
                self.add_error(f"won_{account.pk}", _("금액은 0보다 커야 합니다. 쓰지 않는 항목은 비워 두세요."))
            if basis and won is None and f"won_{account.pk}" not in self.errors:
                self.add_error(f"won_{account.pk}", _("산출 근거를 적은 항목에는 금액도 적어 주세요."))
        return values

    def draft(self) -> Draft:
        given = self.cleaned_data
        return Draft(
            title=given["title"],
            purpose=given["purpose"],
            costs=tuple(
                Cost(account, given[f"won_{account.pk}"], given[f"basis_{account.pk}"])
                for account in self.accounts
                if given[f"won_{account.pk}"] is not None
            ),
            answers={question.pk: given[f"question_{question.pk}"] for question in self.questions},
            revision=given["revision"],
        )

    def uploads(self) -> list[tuple[str, GrantPaper, UploadedFile]]:
        found = [(f"file_{paper.pk}", paper) for paper in self.papers]
        return [(name, paper, file) for name, paper in found if (file := self.cleaned_data.get(name))]


class ReportForm(forms.Form):
    """정산 보고: spending by 통계목, interest, evidence."""

    done = _area(
        _("추진 결과"), 3000, 6, _("무엇을 몇 번 했고 몇 명이 참여했는지 적어 주세요. 학생 이름은 적지 않습니다.")
    )
    interest_won = WonField(label=_("이자(원)"), required=False, help_text=_("보조금 통장에 생긴 이자. 없으면 0"))

    def __init__(self, *args: Any, application: GrantApplication, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(application.lines.select_related("account"))
        report = getattr(application, "report", None)
        kept: dict[str, Any] = {f"spent_{line.pk}": line.spent_won for line in self.lines}
        if report is not None:
            kept |= {"done": report.done, "interest_won": report.interest_won}
        self.initial = {**kept, **self.initial}
        for line in self.lines:
            planned = _("신청할 때 %(won)s원") % {"won": f"{line.amount_won:,}"}
            self.fields[f"spent_{line.pk}"] = WonField(
                label=_("%(account)s 집행액(원)") % {"account": line.account}, required=False, help_text=planned
            )
        for n in range(1, EVIDENCE + 1):
            self.fields[f"evidence_{n}"] = _file(
                _("증빙 파일 %(n)s") % {"n": n}, _("영수증, 통장 사본 등. PDF, JPG, PNG")
            )
        self.helper = _helper(
            "done",
            *(f"spent_{line.pk}" for line in self.lines),
            "interest_won",
            *(f"evidence_{n}" for n in range(1, EVIDENCE + 1)),
        )

    def spent(self) -> dict[int, int]:
        found = {line.pk: self.cleaned_data[f"spent_{line.pk}"] for line in self.lines}
        return {key: won for key, won in found.items() if won is not None}

    def uploads(self) -> list[tuple[str, None, UploadedFile]]:
        names = [f"evidence_{n}" for n in range(1, EVIDENCE + 1)]
        return [(name, None, file) for name in names if (file := self.cleaned_data.get(name))]


class PaymentForm(forms.Form):
    amount_won = WonField(label=_("요청액(원)"))
    remark = forms.CharField(
        label=_("쓸 곳"), max_length=300, error_messages={"required": _("어디에 쓸지 적어 주세요.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper("amount_won", "remark")
