"""What families, teachers and invited people fill in."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.fields import NameField
from krds.layout import Actions, LinkButton, Submit
from krds.widgets import CheckboxCards, Consent, RadioCards, card_label
from programs.choosing import Candidate, Choice
from programs.models import Run
from programs.models.applications import MOST_HEADS
from programs.parties import People


def helper(*fields: Any, submit: str, back: str, css_class: str = "") -> FormHelper:
    made = FormHelper()
    made.attrs = {"novalidate": True, "data-once": True}
    buttons = Actions(Submit("next", submit, css_class=css_class), LinkButton(back, _("돌아가기")))
    made.layout = Layout(*fields, buttons)
    return made


class _Closable:
    """Choices of which some are shown, with the reason, and cannot be chosen."""

    closed: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.closed:
            option["attrs"]["disabled"] = True
        return option


class WhoCheckboxes(_Closable, CheckboxCards):
    pass


class OneOfThem(_Closable, RadioCards):
    pass


class WhoRadios(OneOfThem):
    """One of several people, as a list of one."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.getlist(name) if hasattr(data, "getlist") else data.get(name)


def _card(one: Candidate) -> SafeString:
    note = one.refusal or (_("이미 신청했습니다.") if one.application else "")
    return card_label(f"{one.name} ({one.note})", note)


class _RemarkForm(forms.Form):
    accept_waiting = forms.BooleanField(
        label=_("자리가 없으면 대기합니다"),
        required=False,
        help_text=_("자리가 나면 순서대로 알려 드립니다. 대기는 언제든 취소할 수 있습니다."),
    )
    remark = forms.CharField(
        label=_("센터에 남길 말"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("도움이 필요한 점이 있으면 적어 주세요. 주민등록번호나 병력처럼 민감한 내용은 적지 마세요."),
    )

    def settle(self, run: Run, *, takes_waiting: bool) -> None:
        """Ask about waiting only where whoever comes first has the place, and where anybody may wait."""
        if run.admission != Run.Admission.FIRST_COME or run.capacity is None or not takes_waiting:
            del self.fields["accept_waiting"]


class ApplyForm(_RemarkForm):
    """Who takes part: several children at once, oneself, one companion by name. The rules stand in ``enrolment``."""

    who = forms.MultipleChoiceField(
        label=_("참가할 사람"),
        widget=WhoCheckboxes,
        error_messages={
            "required": _("참가할 사람을 골라 주세요."),
            "invalid_choice": _("목록에 있는 사람을 골라 주세요."),
        },
    )
    companion = NameField(
        label=_("동반인 이름"),
        required=False,
        help_text=_("함께 오는 사람이 있을 때만 적습니다. 동반인도 자리 하나를 씁니다."),
        widget=forms.TextInput({"autocomplete": "off", "class": "width-medium"}),
    )
    together = forms.BooleanField(
        label=_("모두 함께가 아니면 신청하지 않습니다"),
        required=False,
        help_text=_(
            "고른 사람 모두의 자리가 있을 때만 신청됩니다. 한 사람이라도 자리가 없으면 아무도 신청되지 않습니다."
        ),
    )

    field_order = ["who", "companion", "together", "accept_waiting", "remark"]

    def __init__(self, *args: Any, choice: Choice, takes_waiting: bool, one: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choice = choice
        run, who = choice.run, self.fields["who"]
        if one or run.party == Run.Party.PAIR:
            who.widget = WhoRadios()
            who.label = _("참가할 학생") if run.party == Run.Party.PAIR else who.label
        who.choices = [(candidate.value, _card(candidate)) for candidate in choice.candidates]
        who.widget.closed = frozenset(candidate.value for candidate in choice.candidates if not candidate.is_open)
        if len(choice.open) == 1:
            who.initial = [choice.open[0].value]
        if not run.companions:
            del self.fields["companion"]
        if isinstance(who.widget, WhoRadios) or len(choice.open) < 2 or run.admission != Run.Admission.FIRST_COME:
            del self.fields["together"]
        self.settle(run, takes_waiting=takes_waiting)

    @property
    def chosen(self) -> list[Candidate]:
        return [one for one in self.choice.candidates if one.value in self.cleaned_data["who"]]

    def clean_who(self) -> list[str]:
        values = self.cleaned_data["who"]
        if sum(one.student_id is None for one in self.choice.candidates if one.value in values) > 1:
            raise forms.ValidationError(_("본인은 보호자와 교사 가운데 하나로만 참여할 수 있습니다."))
        return values

    def dress(self, submit: str, back: str) -> None:
        """Say how the form is drawn, when all that it offers is known."""
        self.helper = helper(*self.fields, submit=submit, back=back)


class ClassForm(_RemarkForm):
    """A school class by heads, no names."""

    school = forms.TypedChoiceField(
        label=_("학교"), coerce=int, widget=RadioCards, error_messages={"required": _("학교를 골라 주세요.")}
    )
    class_name = forms.CharField(
        label=_("학급"),
        max_length=40,
        help_text=_("예: 2학년 3반"),
        widget=forms.TextInput({"class": "width-medium", "autocomplete": "off"}),
        error_messages={"required": _("학급을 적어 주세요. 예: 2학년 3반")},
    )
    headcount = forms.IntegerField(
        label=_("인원(명)"),
        min_value=1,
        max_value=MOST_HEADS,
        help_text=_("인솔하시는 선생님은 빼고 학생 수를 적어 주세요. 이름은 받지 않습니다."),
        widget=forms.NumberInput({"class": "width-short", "inputmode": "numeric"}),
        error_messages={"required": _("인원을 숫자로 적어 주세요."), "invalid": _("인원을 숫자로 적어 주세요.")},
    )

    field_order = ["school", "class_name", "headcount", "accept_waiting", "remark"]

    def __init__(self, *args: Any, choice: Choice, takes_waiting: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choice = choice
        self.fields["school"].choices = [(school.pk, school.name) for school in choice.schools]
        if len(choice.schools) == 1:
            self.fields["school"].initial = choice.schools[0].pk
        self.settle(choice.run, takes_waiting=takes_waiting)

    def dress(self, submit: str, back: str) -> None:
        self.helper = helper(*self.fields, submit=submit, back=back)


class WithdrawForm(forms.Form):
    """Why a place is given up. The reason helps the centre; it is never a condition for being let go."""

    REASONS = (
        (_("일정이 생겼어요"), _("일정이 생겼어요")),
        (_("참가자의 건강이나 개인 사정이 있어요"), _("참가자의 건강이나 개인 사정이 있어요")),
        (_("다른 프로그램에 참여하려고 해요"), _("다른 프로그램에 참여하려고 해요")),
        (_("잘못 신청했어요"), _("잘못 신청했어요")),
        (_("그 밖의 이유"), _("그 밖의 이유")),
    )

    reason = forms.ChoiceField(
        label=_("취소하는 이유"),
        choices=REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": _("취소하는 이유를 골라 주세요.")},
    )
    detail = forms.CharField(label=_("덧붙일 말"), required=False, max_length=200)

    def __init__(self, *args: Any, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper("reason", "detail", submit=_("신청 취소하기"), back=back, css_class="button-danger")

    @property
    def sentence(self) -> str:
        detail = self.cleaned_data["detail"].strip()
        return f"{self.cleaned_data['reason']}: {detail}" if detail else str(self.cleaned_data["reason"])


class InvitedForm(forms.Form):
    """Name and consent of somebody who takes part without an account; saying no needs neither."""

    name = NameField(
        label=_("이름"),
        error_messages={"required": _("이름을 적어 주세요.")},
        widget=forms.TextInput({"autocomplete": "name", "class": "width-medium"}),
    )
    consented = forms.BooleanField(
        label=_("참여를 위한 개인정보 수집·이용에 동의합니다."),
        error_messages={"required": _("개인정보 수집·이용에 동의해 주셔야 참여할 수 있습니다.")},
    )

    def __init__(self, *args: Any, terms: SafeString, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consented"].widget = Consent(terms)
        self.helper = FormHelper()
        self.helper.form_tag = False


class InvitedWhoForm(forms.Form):
    """Who comes of a family that was invited: whoever is logged in, or one of the children."""

    ME = "me"

    who = forms.ChoiceField(
        label=_("참여할 사람"),
        widget=OneOfThem,
        error_messages={
            "required": _("참여할 사람을 골라 주세요."),
            "invalid_choice": _("목록에 있는 사람을 골라 주세요."),
        },
    )

    def __init__(self, *args: Any, choice: Choice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choice = choice
        alone = [] if choice.run.party == Run.Party.PAIR else [(self.ME, f"{choice.user.name} ({_('본인')})")]
        who = self.fields["who"]
        who.choices = [*alone, *((one.value, _card(one)) for one in self.children(choice))]
        who.widget.closed = frozenset(one.value for one in self.children(choice) if not one.is_open)
        self.helper = FormHelper()
        self.helper.form_tag = False

    @staticmethod
    def children(choice: Choice) -> list[Candidate]:
        """The children of the family; one's own entry as a student is oneself already."""
        return [one for one in choice.candidates if one.student_id is not None]

    @property
    def party(self) -> People | None:
        """What is entered; nothing for oneself as a guest."""
        return next(iter(self.choice.parties([self.cleaned_data["who"]])), None)
