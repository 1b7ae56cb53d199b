"""Counselling that may touch health or feelings waits for a consent of its own (개인정보 보호법 제23조①1).

Asked once per student, the last time before an agreement: on the family's page beside the button that books,
or by staff on paper or on the telephone. The words and every answer are ``accounts.consents``'; so is taking
it back, on 동의 관리. Nothing else is refused for want of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from accounts import consents
from accounts.models import Consent, ConsentText, Student
from counseling.models import Booking, Topic
from lifecycle.locks import Refused

if TYPE_CHECKING:
    from accounts.models import User

KIND = consents.Kind.SENSITIVE


class Taken(models.TextChoices):
    """How staff were given the consent (개인정보 보호법 시행령 제17조①1·3)."""

    PAPER = Consent.Verified.PAPER.value, "서명한 동의서를 받았습니다"
    SPOKEN = Consent.Verified.SPOKEN.value, "전화로 문안을 알려 드리고 동의를 확인했습니다"


@dataclass(frozen=True)
class Question:
    """What a page asks before it books: the words in force, and whether this person may answer."""

    student: Student
    text: ConsentText
    may_answer: bool
    error: str = ""

    @property
    def instead(self) -> str:
        """Who can answer where this person cannot."""
        if self.student.is_under_14:
            return _(
                "만 14세 미만 학생의 동의는 보호자가 할 수 있습니다. 보호자가 예약하거나 ‘동의 관리’에서 동의해 주세요."
            )
        return _(
            "자기 정보를 직접 관리하는 학생입니다. 학생이 ‘내 정보’의 ‘동의 관리’에서 동의하면 예약할 수 있습니다."
        )


def is_missing(student: Student, topic: Topic) -> bool:
    """Whether ``topic`` asks for the consent and the student's last answer is no, or none."""
    return topic.sensitive and not consents.agreed(KIND, student=student)


def lacking() -> models.Expression:
    """For bookings: whether the topic asks for the consent and the student's last answer is no, or none.

    Taking the consent back cancels nothing by itself: staff see it on the board and among their duties, and ask.
    """
    answers = Consent.objects.filter(student=OuterRef("student"), user=None, text__kind=KIND).order_by("-at", "-pk")
    agreed = Coalesce(Subquery(answers.values("given")[:1]), False)
    return models.Case(
        models.When(Q(topic__sensitive=True) & Q(Exact(agreed, False)), then=True),
        default=False,
        output_field=models.BooleanField(),
    )


def unagreed(user: User) -> models.QuerySet[Booking]:
    """Counselling ahead that nobody agrees to any more, the earliest first: one's own, or all for whoever sees all."""
    ahead = Booking.objects.upcoming().filter(topic__sensitive=True, state=Booking.State.BOOKED)
    if not user.has_perm("counseling.view_every_booking"):
        ahead = ahead.filter(slot__counselor__user=user)
    return ahead.alias(lacks_consent=lacking()).filter(lacks_consent=True).order_by("period__startswith", "pk")


def sentence(student: Student, topic: Topic) -> str:
    """Why a counselling cannot be agreed to, and the way to mend it."""
    known = {"topic": topic.name, "name": student.name}
    return (
        _(
            "%(topic)s은(는) 심리·건강에 관한 이야기를 다룰 수 있어 %(name)s님의 ‘민감정보 처리’ 동의가 있어야 합니다. "
            "예약을 확인하는 화면이나 ‘내 정보’의 ‘동의 관리’에서 동의해 주세요."
        )
        % known
    )


def question(student: Student, topic: Topic, user: User, *, error: str = "") -> Question | None:
    """What to ask ``user`` before this counselling is agreed to; ``None``: nothing."""
    if not is_missing(student, topic):
        return None
    return Question(student, consents.text(KIND), consents.may_answer(user, student), error)


def answered(student: Student, topic: Topic, user: User, *, ticked: bool, seen: str) -> Question | None:
    """Keep the consent that came with the button; what is still to be asked, or ``None`` when nothing is.

    ``seen`` is the key of the words that stood on the page: nobody agrees to others.
    """
    asked = question(student, topic, user)
    if asked is None or not asked.may_answer:
        return asked
    if not ticked:
        return question(student, topic, user, error=_("동의하시면 이 칸을 골라 주세요. 맡아 둔 시간은 그대로입니다."))
    if seen != str(asked.text.pk):
        return question(student, topic, user, error=_("그 사이 동의 문안이 바뀌었습니다. 다시 읽어 주세요."))
    consents.answer(KIND, True, by=user, student=student)
    return None


def words() -> ConsentText:
    """What staff read out or have signed."""
    return consents.text(KIND)


def asked_by_staff(student: Student | None, topic: Topic | None) -> ConsentText | None:
    """The words to read out before this counselling is booked; ``None`` when nothing has to be asked."""
    return words() if student and topic and is_missing(student, topic) else None


def taken_down(student: Student, topic: Topic, how: str, *, who: str, by: User) -> None:
    """Staff write down the consent that was given on paper or on the telephone, and ``who`` gave it.

    Raises:
        Refused: no such way, or nobody is named.
    """
    if how not in Taken.values:
        raise Refused("동의를 받은 방법을 골라 주세요.")
    if not who.strip():
        raise Refused("동의하신 분을 적어 주세요.")
    if is_missing(student, topic):
        channel = Consent.Channel.DESK if how == Taken.PAPER else Consent.Channel.CALL
        consents.answer(KIND, True, by=by, student=student, channel=channel, verified=how, spoken_by=who.strip())
