"""What a visitor of the verification page gives us."""

from __future__ import annotations

import re
from datetime import timedelta

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from documents import lending
from documents.issue import ALPHABET, CODE_LENGTH
from krds.layout import Actions, Submit

MOST_BYTES = 10 * 1024 * 1024


def code_of(typed: str) -> str:
    """``k7qm-3fpx 9t2b`` as it is stored; empty when it can be nobody's."""
    code = re.sub(r"[\s\-–—·]", "", typed).upper()
    return code if len(code) == CODE_LENGTH and not set(code) - set(ALPHABET) else ""


class CodeForm(forms.Form):
    """A GET form: the number that stands on the paper."""

    code = forms.CharField(
        label=_("문서확인번호"),
        max_length=40,
        help_text=_("문서 아래쪽에 적힌 12자리입니다. 예: K7QM-3FPX-9T2B"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _("문서확인번호를 적어 주세요.")},
    )

    helper = FormHelper()
    helper.form_tag, helper.disable_csrf = False, True
    helper.layout = Layout("code")

    def clean_code(self) -> str:
        if not (code := code_of(self.cleaned_data["code"])):
            raise forms.ValidationError(
                _("문서확인번호는 숫자와 영문 대문자 12자리입니다. 숫자 0·1과 글자 O·I·L은 쓰지 않습니다.")
            )
        return code


class FileForm(forms.Form):
    """A file to compare. It is read once and kept nowhere."""

    file = forms.FileField(
        label=_("받은 PDF 파일"),
        help_text=_("10MB까지 올릴 수 있습니다. 끌어다 놓아도 됩니다. 파일은 견주기만 하고 저장하지 않습니다."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        allow_empty_file=False,
        error_messages={"required": _("견줄 파일을 골라 주세요."), "empty": _("빈 파일입니다. 다시 골라 주세요.")},
    )

    helper = FormHelper()
    helper.layout = Layout("file", Actions(Submit("compare", _("파일 견주기"))))

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("10MB보다 큰 파일은 올릴 수 없습니다. 올린 파일: %(size)s") % {"size": filesizeformat(file.size)}
            )
        return file


class LendForm(forms.Form):
    """Why an official paper is taken out, and for how long a link to it shall work. For staff, in plain Korean."""

    reason = forms.CharField(
        label="사유",
        max_length=200,
        help_text="어디에 쓰는지 적어 주세요. 예: 11월 결재 첨부, 구의회 제출. 내려받은 기록과 함께 남습니다.",
        error_messages={"required": "내려받는 사유를 적어 주세요."},
    )
    days = forms.TypedChoiceField(
        label="내려받는 방법",
        coerce=int,
        choices=[
            (0, "지금 이 PDF를 엽니다"),
            *((days, f"{days}일 동안 쓸 수 있는 주소를 만듭니다") for days in lending.DAYS),
        ],
        initial=0,
        help_text="주소를 받은 사람은 로그인하지 않아도 그동안 이 문서를 내려받을 수 있습니다.",
    )

    helper = FormHelper()
    helper.form_tag = False
    helper.layout = Layout("reason", "days")

    @property
    def lasts(self) -> timedelta:
        """How long the link of a valid form works."""
        days = self.cleaned_data["days"]
        return timedelta(days=days) if days else lending.AT_ONCE
