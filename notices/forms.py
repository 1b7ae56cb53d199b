"""What staff and families fill in about notices."""

from __future__ import annotations

import json
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from krds.layout import Actions, Fieldset, Submit
from lifecycle.masking import mask_email, mask_phone
from notices import kinds, words
from notices.kinds import EMAIL, SMS, Kind
from notices.models import Preference, Wording

PARTS = {"sms": SMS, "subject": EMAIL, "email": EMAIL}


class WordingForm(forms.ModelForm):
    """Staff's own words for one kind; refused when they name an unknown variable or cannot be sent."""

    class Meta:
        model = Wording
        fields = ["sms", "subject", "email"]
        widgets = {
            "sms": forms.Textarea(attrs={"rows": 5}),
            "subject": forms.TextInput(attrs={"class": "vTextField"}),
            "email": forms.Textarea(attrs={"rows": 10}),
        }
        labels = {"sms": "문자", "subject": "제목", "email": "이메일 내용"}
        help_texts = {
            "sms": "90바이트(한글 45자)까지 단문, 2,000바이트까지 장문 요금입니다.",
            "subject": "이메일과 장문 문자의 제목입니다. 장문 문자에서는 앞의 40바이트만 보입니다.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind: Kind = kinds.get(self.instance.kind)
        for part in [part for part, channel in PARTS.items() if part in self.fields and not self._speaks(channel)]:
            del self.fields[part]
        if "sms" in self.fields:
            self.fields["sms"].widget.attrs |= {
                "data-weigh": json.dumps(self.kind.sample(), ensure_ascii=False),
                "data-limits": f"{words.SMS_BYTES},{words.LMS_BYTES}",
            }

    def _speaks(self, channel: str) -> bool:
        return channel in self.kind.channels

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        written = {part: cleaned.get(part, "") for part in PARTS}
        for part, fault in self.kind.faults(**written).items():
            if part in cleaned:  # a part that is already refused says why by itself
                self.add_error(part, fault)
        if "sms" in cleaned:
            cleaned["sms"] = words.normalise(cleaned["sms"])
        return cleaned

    def is_default(self) -> bool:
        """Whether these words are the room's own, so that there is nothing to keep."""
        defaults = Wording.default(self.kind)
        return all(
            self.cleaned_data[part].split() == getattr(defaults, part).split()
            for part in PARTS
            if part in self.cleaned_data
        )


def preview(kind: Kind, written: dict[str, str]) -> dict[str, Any]:
    """A wording filled with the samples of its kind, weighed as its text message will be."""
    sample = kind.sample()
    shown = {part: words.fill(written.get(part, ""), sample) for part in PARTS}
    shown["sms"] = words.sendable(shown["sms"])
    size = words.size(shown["sms"])
    price = "단문(SMS)" if size <= words.SMS_BYTES else "장문(LMS)"
    return {**shown, "size": size, "price": price, "too_long": size > words.LMS_BYTES}


class PreferenceForm(forms.ModelForm):
    """Text message, e-mail or both. A way that does not reach the person cannot be chosen alone."""

    class Meta:
        model = Preference
        fields = ["sms", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.instance.user
        self.fields["sms"].help_text = (
            mask_phone(user.phone)
            if user.phone and user.phone_verified_at
            else _("휴대폰 번호를 등록하고 확인하면 문자로도 받을 수 있습니다.")
        )
        self.fields["email"].help_text = (
            mask_email(user.email) if user.email else _("이메일을 등록하면 이메일로도 받을 수 있습니다.")
        )
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Fieldset(_("알림을 받을 방법"), "sms", "email", hint=_("하나 이상 골라 주세요.")),
            Actions(Submit("save", _("저장하기"))),
        )
