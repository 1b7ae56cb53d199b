from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Student
from counseling.models import Mode, Slot, Topic, family_of
from krds.layout import Actions, LinkButton, Submit
from krds.widgets import InlineRadios, RadioCards, card_label

if TYPE_CHECKING:
    from accounts.models import User


class StudentChoice(forms.ModelChoiceField):
    def label_from_instance(self, student: Student) -> str:
        return f"{student.name} ({student.grade_label})"


class TopicChoice(forms.ModelChoiceField):
    def label_from_instance(self, topic: Topic) -> str:
        return card_label(topic.name, _("%(minutes)d분") % {"minutes": topic.minutes} + f" · {topic.mode_labels}")


def topics_for(*slots: Slot) -> QuerySet[Topic]:
    """What the counsellors of these slots offer in slots of this length; at a booth of a fair its own topic."""
    offered = Q(pk__in=())
    for slot in slots:
        length = (slot.ends_at - slot.starts_at).total_seconds() // 60
        theirs = slot.counselor.topics.values("pk")
        offered |= Q(pk__in=theirs, minutes__lte=length, modes__overlap=slot.modes)
    return Topic.objects.filter(offered, active=True).order_by("position", "name")


ANYBODY = "any"


def counselor_choices(slots: Sequence[Slot], known: Sequence[int]) -> list[tuple[str, str]]:
    """Who is free for one hour: an earlier counsellor of the family's first, nobody in particular, the others."""
    earlier = [slot for slot in slots if slot.counselor_id in known]
    others = [slot for slot in slots if slot.counselor_id not in known]
    note = _("지난번에 만난 상담사입니다.")
    return [
        *((str(slot.pk), card_label(slot.counselor.name, note)) for slot in earlier),
        (ANYBODY, card_label(_("상담사 무관"), _("그 주에 상담이 적은 상담사로 정해 드립니다."))),
        *((str(slot.pk), slot.counselor.name) for slot in others),
    ]


class WishForm(forms.Form):
    """Who comes, for what, and how; the time is in the URL, the rules in ``booking``."""

    student = StudentChoice(
        Student.objects.none(),
        label=_("상담받을 학생"),
        widget=RadioCards,
        empty_label=None,
        error_messages={"required": _("상담받을 학생을 골라 주세요.")},
    )
    topic = TopicChoice(
        Topic.objects.none(),
        label=_("상담 주제"),
        widget=RadioCards,
        empty_label=None,
        error_messages={"required": _("상담 주제를 골라 주세요.")},
    )
    mode = forms.ChoiceField(
        label=_("상담 방식"),
        widget=InlineRadios,
        error_messages={"required": _("상담 방식을 골라 주세요."), "invalid_choice": _("이 시간에는 없는 방식입니다.")},
    )
    counselor = forms.RegexField(
        rf"^({ANYBODY}|\d{{1,18}})$", label=_("상담사"), required=False, widget=RadioCards, initial=ANYBODY
    )
    question = forms.CharField(
        label=_("상담받고 싶은 내용"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("500자까지 적을 수 있습니다. 주민등록번호나 병력처럼 민감한 내용은 적지 마세요."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["student"].queryset = family_of(user)
        self.fields["topic"].queryset = Topic.objects.open()
        self.fields["mode"].choices = Mode.choices

    def offer(self, slots: Sequence[Slot], known: Sequence[int] = ()) -> None:
        """Show no more than ``slots`` have, all of one hour; what cannot be had is refused by ``booking``."""
        self.fields["topic"].queryset = topics_for(*slots)
        modes = {mode for slot in slots for mode in slot.modes}
        self.fields["mode"].choices = [(mode.value, mode.label) for mode in Mode if mode in modes]
        if len(slots) > 1:
            self.fields["counselor"].widget.choices = counselor_choices(slots, known)

    @cached_property
    def helper(self) -> FormHelper:
        """Made when the form is drawn: most forms that are sent never are."""
        helper = FormHelper()
        helper.attrs = {"novalidate": True, "data-once": True}
        other = LinkButton(reverse("counseling:times"), _("다른 시간 고르기"))
        who = ["counselor"] if self.fields["counselor"].widget.choices else []
        helper.layout = Layout("student", "topic", "mode", *who, "question", Actions(Submit("next", _("다음")), other))
        return helper


class TalkForm(forms.Form):
    """Who talks at a booth of a fair; the time is in the URL, the rules in ``booking``."""

    student = StudentChoice(
        Student.objects.none(),
        label=_("상담받을 학생"),
        widget=RadioCards,
        empty_label=None,
        error_messages={"required": _("상담받을 학생을 골라 주세요.")},
    )
    question = forms.CharField(
        label=_("묻고 싶은 것"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("500자까지 적을 수 있습니다. 주민등록번호나 병력처럼 민감한 내용은 적지 마세요."),
    )

    def __init__(self, *args: Any, user: User, back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["student"].queryset = family_of(user)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True, "data-once": True}
        buttons = Actions(Submit("book", _("예약하기")), LinkButton(back, _("다른 시간 고르기")))
        self.helper.layout = Layout("student", "question", buttons)


class CancelForm(forms.Form):
    """Why a booking is given up. The reason helps the centre; it is never a condition."""

    REASONS = (
        (_("일정이 생겼어요"), _("일정이 생겼어요")),
        (_("학생의 건강이나 개인 사정이 있어요"), _("학생의 건강이나 개인 사정이 있어요")),
        (_("다른 시간으로 다시 예약하려고 해요"), _("다른 시간으로 다시 예약하려고 해요")),
        (_("상담이 필요 없어졌어요"), _("상담이 필요 없어졌어요")),
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
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True, "data-once": True}
        cancel = Submit("cancel", _("예약 취소하기"), css_class="button-danger")
        self.helper.layout = Layout("reason", "detail", Actions(cancel, LinkButton(back, _("돌아가기"))))

    @property
    def sentence(self) -> str:
        """The reason with what was added to it."""
        detail = self.cleaned_data["detail"].strip()
        return f"{self.cleaned_data['reason']}: {detail}" if detail else str(self.cleaned_data["reason"])


class MoveForm(forms.Form):
    """How and with whom the moved counselling takes place; the time is in the URL.

    ``seen`` is the booking's ``sequence`` when the page was drawn: another tab may have moved it since.
    """

    mode = forms.ChoiceField(
        label=_("상담 방식"),
        choices=Mode.choices,
        widget=InlineRadios,
        error_messages={"required": _("상담 방식을 골라 주세요."), "invalid_choice": _("이 시간에는 없는 방식입니다.")},
    )
    counselor = forms.RegexField(rf"^({ANYBODY}|\d{{1,18}})$", label=_("상담사"), required=False, widget=RadioCards)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def offer(self, slots: Sequence[Slot], topic: Topic, known: Sequence[int] = ()) -> None:
        modes = {mode for slot in slots for mode in slot.modes if mode in topic.modes}
        self.fields["mode"].choices = [(mode.value, mode.label) for mode in Mode if mode in modes]
        if len(slots) > 1:
            self.fields["counselor"].widget.choices = counselor_choices(slots, known)

    def layout(self, back: str) -> None:
        """Say how the form is drawn, when all that it offers is known."""
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True, "data-once": True}
        who = ["counselor"] if self.fields["counselor"].widget.choices else []
        other = LinkButton(back, _("다른 시간 고르기"))
        self.helper.layout = Layout("mode", *who, "seen", Actions(Submit("move", _("이 시간으로 바꾸기")), other))
