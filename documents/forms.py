"""What a visitor of the verification page gives us."""

from __future__ import annotations

import re

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

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
