"""What a family waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Student
from centre.models import Weekday
from counseling.forms import StudentChoice
from counseling.models import Booking, Counselor, DayPart, Mode, Topic, Wish, family_of
from krds.layout import Actions, Fieldset, LinkButton, Submit
from krds.widgets import PickedDate, RadioCards

if TYPE_CHECKING:
    from accounts.models import User

CLOCK = forms.TimeInput({"type": "time", "class": "width-short"}, format="%H:%M")


class JoinForm(forms.Form):
    """Whom, by which modes, on which days and hours. The topic, or the booking to be moved, is in the URL."""

    student = StudentChoice(
        Student.objects.none(),
        label=_("상담받을 학생"),
        widget=RadioCards,
        empty_label=None,
        error_messages={"required": _("상담받을 학생을 골라 주세요.")},
    )
    modes = forms.MultipleChoiceField(
        label=_("상담 방식"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("상담 방식을 하나 이상 골라 주세요.")},
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("요일"),
        choices=Weekday.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("고르지 않으면 어느 요일이나 알려 드립니다."),
    )
    parts = forms.MultipleChoiceField(
        label=_("시간대"),
        choices=[
            (DayPart.MORNING, _("오전 (12시 전)")),
            (DayPart.AFTERNOON, _("오후 (12시~18시)")),
            (DayPart.EVENING, _("저녁 (18시부터)")),
        ],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("고르지 않으면 어느 시간대나 알려 드립니다."),
    )
    not_before = forms.TimeField(label=_("이 시각부터"), required=False, widget=CLOCK)
    not_after = forms.TimeField(label=_("이 시각까지 끝나는 상담"), required=False, widget=CLOCK)
    first_day = forms.DateField(label=_("이날부터"), required=False, widget=PickedDate)
    last_day = forms.DateField(label=_("이날까지"), required=False, widget=PickedDate)
    counselor = forms.ModelChoiceField(
        Counselor.objects.none(), label=_("상담사"), required=False, empty_label=_("상담사 무관")
    )

    def __init__(self, *args: Any, user: User, topic: Topic, booking: Booking | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topic, self.booking, self.user = topic, booking, user
        self.fields["student"].queryset = family_of(user)
        self.fields["modes"].choices = [(mode.value, mode.label) for mode in Mode if mode in topic.modes]
        self.fields["counselor"].queryset = topic.counselors.active()
        if booking is not None:
            del self.fields["student"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("마지막 날은 첫날보다 빠를 수 없습니다."))
        begins, ends = cleaned.get("not_before"), cleaned.get("not_after")
        if begins and ends and ends <= begins:
            self.add_error("not_after", _("끝나는 시각은 시작 시각보다 뒤여야 합니다."))
        return cleaned

    def wish(self) -> Wish:
        given = dict(self.cleaned_data)
        student = self.booking.student if self.booking else given.pop("student")
        return Wish(student=student, topic=self.topic, booking=self.booking, **given)

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.attrs = {"novalidate": True, "data-once": True}
        back = self.booking.get_absolute_url() if self.booking else reverse("counseling:times")
        days = Fieldset(_("날짜 (적지 않아도 됩니다)"), "first_day", "last_day")
        hours = Fieldset(_("정확한 시각 (적지 않아도 됩니다)"), "not_before", "not_after")
        fields = [name for name in ("student", "modes", "weekdays", "parts") if name in self.fields]
        buttons = Actions(Submit("join", _("대기 신청")), LinkButton(back, _("돌아가기")))
        helper.layout = Layout(*fields, hours, days, "counselor", buttons)
        return helper
