"""Widgets for what Koreans type into forms; markup beyond Django's own comes from the crispy pack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _


def _with(defaults: Mapping[str, Any], attrs: Mapping[str, Any] | None) -> dict[str, Any]:
    return {**defaults, **(attrs or {})}


class TypedDate(forms.DateInput):
    """A date that people know by heart, such as a birthday: typed as YYYY-MM-DD, never picked."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        defaults = {"inputmode": "numeric", "maxlength": 10, "placeholder": "YYYY-MM-DD", "class": "width-short"}
        super().__init__(_with(defaults, attrs), format="%Y-%m-%d")


class PickedDate(forms.DateInput):
    """A date to look up, such as a day for a visit: the browser's picker, and typing still works."""

    input_type = "date"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(_with({"class": "width-short"}, attrs), format="%Y-%m-%d")


class PhoneInput(forms.TextInput):
    """A phone number with or without hyphens and spaces; the field behind it keeps the digits."""

    input_type = "tel"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        defaults = {"autocomplete": "tel", "inputmode": "tel", "placeholder": "010-0000-0000", "class": "width-medium"}
        super().__init__(_with(defaults, attrs))


class OneTimeCodeInput(forms.TextInput):
    """A code from a message. Pasting and the phone's own suggestion must work, so it is one plain input."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        defaults = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12, "class": "code-input"}
        super().__init__(_with(defaults, attrs))


class PasswordInput(forms.PasswordInput):
    """A password; ``portal.js`` puts a button with these words beside it that shows what was typed."""

    def __init__(self, attrs: Mapping[str, Any] | None = None, render_value: bool = False) -> None:
        defaults = {
            "autocomplete": "current-password",
            "data-show": _("비밀번호 보기"),
            "data-hide": _("비밀번호 숨기기"),
            "class": "width-medium",
        }
        super().__init__(_with(defaults, attrs), render_value)


class RadioCards(forms.RadioSelect):
    """Few choices as cards; give a choice a second line with ``card_label``."""

    choices_class = "choice-cards"


class CheckboxCards(forms.CheckboxSelectMultiple):
    choices_class = "choice-cards"


class InlineRadios(forms.RadioSelect):
    """Two or three short choices on one line."""

    choices_class = "choices-inline"


def card_label(title: str, description: str) -> SafeString:
    """A choice's label of two lines, for ``choices`` or ``label_from_instance``."""
    return format_html(
        '<span class="choice-title">{}</span><span class="choice-description">{}</span>', title, description
    )


class Consent(forms.CheckboxInput):
    """One consent, marked [필수] or [선택] by the field's ``required``; ``terms`` is its full wording.

    ``mark`` takes the place of both words where a consent is needed of some people only.
    """

    is_consent = True

    def __init__(
        self, terms: str | SafeString = "", attrs: Mapping[str, Any] | None = None, *, mark: str | Promise = ""
    ) -> None:
        self.terms, self.mark = terms, mark
        super().__init__(_with({}, attrs))


class FileUpload(forms.FileInput):
    """A file to send, limited to the kinds named: ``FileUpload(".pdf,.jpg,.png")``."""

    def __init__(self, accept: str = "", attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(_with({"accept": accept} if accept else {}, attrs))
