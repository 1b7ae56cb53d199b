"""What people still have to tell the centre about themselves and their children."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import overview
from accounts.models import Invitation, Student, User
from accounts.overview import Asked, Step, Urgency


@overview.steps
def about_people(asked: Asked) -> Iterable[Step]:
    yield from _about_oneself(asked)
    for student in asked.students:
        yield from _gaps(asked, student)
    waiting = Invitation.objects.waiting(asked.now).filter(invited_by=asked.user).select_related("student")
    for invitation in waiting.order_by("expires_at", "pk"):
        yield Step(
            sentence=_("%(name)s님에 대한 초대(%(role)s)에 아직 답이 없습니다.")
            % {"name": invitation.student.name, "role": invitation.get_role_display()},
            url=_page_of(asked, invitation.student),
            action=_("초대 보기"),
            until=invitation.expires_at,
            student=invitation.student_id if invitation.student_id in asked.names else None,
        )


@overview.front
def unverified_phone(user: User, now: datetime) -> Step | None:
    if not user.phone or user.phone_verified_at:
        return None
    return Step(
        sentence=_("휴대폰 번호를 확인해 주세요. 확인해야 문자로 안내를 받을 수 있습니다."),
        url=reverse("account_change_phone"),
        action=_("번호 확인하기"),
        urgency=Urgency.SOON,
    )


def _about_oneself(asked: Asked) -> Iterable[Step]:
    user = asked.user
    if step := unverified_phone(user, asked.now):
        yield step
    if user.affiliations.filter(ended_at=None, confirmed_at=None).exists():
        yield Step(
            sentence=_("신청하신 소속을 센터에서 확인하고 있습니다."),
            url=reverse("accounts:affiliations"),
            action=_("소속 보기"),
        )


def _gaps(asked: Asked, student: Student) -> Iterable[Step]:
    """What the rules and the counsellors need and nobody has told yet."""
    own = student.user_id == asked.user.pk
    if own and student.handed_over_at is None and not student.is_under_14:
        yield Step(
            sentence=_("만 14세가 되어 이제 내 정보를 내가 직접 관리할 수 있습니다."),
            url=reverse("accounts:handover"),
            action=_("알아보기"),
            student=student.pk,
        )
    if student.handed_over_at is not None and not own:
        return  # the student tells it
    if missing := _missing(student):
        yield Step(
            sentence=_("%(name)s님의 %(what)s 정보를 알려 주시면 신청할 수 있는 상담과 프로그램을 정확히 안내합니다.")
            % {"name": student.name, "what": "·".join(missing)},
            url=_page_of(asked, student),
            action=_("정보 적기"),
            student=student.pk,
        )


def _missing(student: Student) -> list[str]:
    enrolled = student.status == Student.Status.ENROLLED
    gaps = {
        _("학년"): enrolled and student.current_grade is None,  # 고3 is over and nobody said what came then
        _("학교"): enrolled and not student.school_label,
        _("사는 동"): student.neighbourhood_id is None,
    }
    return [name for name, gap in gaps.items() if gap]


def _page_of(asked: Asked, student: Student) -> str:
    if student.user_id == asked.user.pk:
        return reverse("accounts:student")
    return reverse("accounts:child", args=[student.pk])
