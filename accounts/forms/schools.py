"""Choosing a school by typing its name: several of one name are shown to choose from, with no script needed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import School

MOST_SHOWN = 12
NOT_LISTED = "none"


def label(school: School) -> str:
    """``신흥초등학교 (서울특별시 금천구 …)``: the address tells two of one name apart."""
    return f"{school.name} ({school.address})" if school.address else school.name


class SchoolChoice(forms.Form):
    """Two fields: a typed name, and, when the name alone does not tell, the schools it may mean."""

    school_name = forms.CharField(
        label=_("학교 이름"),
        max_length=100,
        required=False,
        help_text=_("예: 금천중학교. 이름 일부만 적어도 찾아 드립니다. 다니는 학교가 없으면 비워 두세요."),
        widget=forms.TextInput({"data-school-search": True, "autocomplete": "off"}),
    )
    school = forms.ChoiceField(label=_("어느 학교인가요?"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidates: list[School] = []
        if self.is_bound:
            typed = names.normalise(self.data.get(self.add_prefix("school_name"), "")).replace("\x00", "")
            self.candidates = list(School.objects.current().named_like(typed)[:MOST_SHOWN])
        choices = [(str(school.pk), label(school)) for school in self.candidates]
        self.fields["school"].choices = [*choices, (NOT_LISTED, _("목록에 없어요. 적은 이름 그대로 등록할게요."))]

    def school_layout(self) -> list[str]:
        """The radios are shown once there is something to choose between."""
        asked = self.is_bound and (self.errors.get("school") or self.data.get(self.add_prefix("school")))
        return ["school_name", "school"] if asked else ["school_name"]

    def clean_school_name(self) -> str:
        return names.normalise(self.cleaned_data["school_name"])

    def clean(self) -> dict[str, Any]:
        """Turn the two fields into ``school`` (a School or None) and ``school_name`` (only when unlisted)."""
        cleaned = super().clean()
        typed, picked = cleaned.get("school_name", ""), cleaned.get("school", "")
        exact = [school for school in self.candidates if school.name == typed]
        chosen = next((school for school in self.candidates if str(school.pk) == picked), None)
        if not typed or picked == NOT_LISTED:
            chosen = None
        elif chosen is None and len(exact) == 1:
            chosen = exact[0]
        elif chosen is None and self.candidates:
            self.add_error("school", _("이름이 비슷한 학교입니다. 하나를 골라 주세요."))
        cleaned["school"] = chosen
        cleaned["school_name"] = "" if chosen else typed
        return cleaned
