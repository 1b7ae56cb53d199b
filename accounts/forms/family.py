"""Forms about children and students."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.fields import BirthDateField, ContactField, NameField
from accounts.forms.entrance import helper
from accounts.forms.schools import SchoolChoice
from accounts.models import Guardianship, Invitation, Neighbourhood, Student
from accounts.schoolyear import GRADES
from krds.layout import Fieldset
from krds.widgets import Consent, InlineRadios


class StudentForm(SchoolChoice, forms.Form):
    """Where a student stands in school, and where they live: what rules of admission ask about."""

    status = forms.ChoiceField(label=_("재학 여부"), choices=Student.Status, widget=InlineRadios, initial="enrolled")
    grade = forms.TypedChoiceField(
        label=_("학년"), choices=[("", _("고르세요")), *GRADES], coerce=int, empty_value=None, required=False
    )
    neighbourhood = forms.ModelChoiceField(
        Neighbourhood.objects.all(),
        label=_("사는 동"),
        empty_label=_("고르세요"),
        help_text=_("관내 우선 접수를 가리는 데 씁니다."),
    )

    field_order = ["status", "school_name", "school", "grade", "neighbourhood"]

    @property
    def helper(self) -> FormHelper:
        return helper(*self.student_layout(), submit=_("저장"))

    def student_layout(self) -> list[str]:
        return ["status", *self.school_layout(), "grade", "neighbourhood"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("status") == Student.Status.ENROLLED and "grade" not in self.errors and not cleaned.get("grade"):
            self.add_error("grade", _("재학생은 학년을 골라 주세요."))
        if cleaned.get("status") != Student.Status.ENROLLED:
            cleaned["grade"] = None
        return cleaned

    def changes(self) -> dict[str, Any]:
        """The cleaned values by the names of the model's fields."""
        names = ("status", "grade", "neighbourhood", "school", "school_name")
        return {name: self.cleaned_data[name] for name in names}


class ChildForm(StudentForm):
    """A guardian's child, with the consent that the law asks for under 14."""

    name = NameField(label=_("자녀 이름"), widget=forms.TextInput({"autocomplete": "off", "class": "width-medium"}))
    birth_date = BirthDateField(label=_("자녀 생년월일"))
    relation = forms.ChoiceField(label=_("자녀와의 관계"), choices=Guardianship.Relation, widget=InlineRadios)
    consented = forms.BooleanField(required=False)

    field_order = ["name", "birth_date", "relation", *StudentForm.field_order, "consented"]

    def __init__(self, *args: Any, terms: str | SafeString, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth_date"].widget.attrs["autocomplete"] = "off"
        self.fields["consented"].label = _("법정대리인으로서 자녀의 개인정보 처리에 동의합니다.")
        self.fields["consented"].widget = Consent(terms, mark=_("만 14세 미만 필수"))

    @property
    def helper(self) -> FormHelper:
        return helper(
            Fieldset(_("자녀"), "name", "birth_date", "relation"),
            Fieldset(_("학교와 사는 곳"), *self.student_layout()),
            Fieldset(
                _("법정대리인 동의"),
                "consented",
                hint=_("자녀가 만 14세 미만일 때만 필요합니다. 동의하시면 확인 문자를 보내 드립니다."),
            ),
            submit=_("자녀 등록"),
        )

    def student(self) -> Student:
        """The child as an unsaved row."""
        return Student(name=self.cleaned_data["name"], birth_date=self.cleaned_data["birth_date"], **self.changes())


class InviteForm(forms.Form):
    """Whom to send the link to."""

    role = forms.ChoiceField(label=_("초대할 사람"), choices=Invitation.Role, widget=InlineRadios)
    contact = ContactField(help_text=_("받은 링크는 7일 동안 한 번만 쓸 수 있습니다."))

    def __init__(self, *args: Any, roles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role, Invitation.Role(role).label) for role in roles]
        self.fields["role"].initial = roles[0]
        self.fields["contact"].widget.attrs["autocomplete"] = "off"
        self.helper = helper("role", "contact", submit=_("초대 보내기"))


class AcceptForm(forms.Form):
    """What a new guardian is to the student."""

    relation = forms.ChoiceField(label=_("학생과의 관계"), choices=Guardianship.Relation, widget=InlineRadios)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper("relation", submit=_("초대 수락"))
