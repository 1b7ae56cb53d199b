"""Leaving: what has to be settled first, and what is left of a person afterwards.

Rooms above this one say what stands in the way by registering a check::

    leaving.register(my_check)  # my_check(user, students) -> list[Blocker]

and what else goes at once with a student by registering that::

    leaving.also_forgets(my_forgetting)  # my_forgetting(student), in the same transaction

and what goes with a person, or with a guardian's right to see a student::

    leaving.also_ends(my_ending)  # my_ending(user), in the same transaction
    leaving.also_parts(my_parting)  # my_parting(student): whoever may see the student has changed
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import consents, notices
from accounts.models import Guardianship, Student, User
from lifecycle import destruction
from lifecycle.locks import Refused, contended, lock

GONE_USER, GONE_STUDENT = "탈퇴한 이용자", "이용을 마친 학생"
LEFT_FIELDS = [
    "name", "email", "phone", "phone_verified_at", "birth_date", "password", "is_active", "withdrawn_at", "withdrawn_because",
]  # fmt: skip


@dataclass(frozen=True)
class Blocker:
    """Something to settle before leaving, and where to do it."""

    sentence: str
    url: str


Check = Callable[[User | None, Sequence[Student]], list[Blocker]]
Forgetting = Callable[[Student], None]
Ending = Callable[[User], None]
_checks: list[Check] = []
_forgettings: list[Forgetting] = []
_endings: list[Ending] = []
_partings: list[Forgetting] = []


def register(check: Check) -> Check:
    """Ask ``check`` whenever somebody wants to leave."""
    if check not in _checks:
        _checks.append(check)
    return check


def also_forgets(forgetting: Forgetting) -> Forgetting:
    """Call ``forgetting`` whenever a student is made nameless."""
    if forgetting not in _forgettings:
        _forgettings.append(forgetting)
    return forgetting


def also_ends(ending: Ending) -> Ending:
    """Call ``ending`` whenever somebody is made nameless."""
    if ending not in _endings:
        _endings.append(ending)
    return ending


def also_parts(parting: Forgetting) -> Forgetting:
    """Call ``parting`` whenever a guardian's care has ended, or a student has taken the own data over."""
    if parting not in _partings:
        _partings.append(parting)
    return parting


def parted(student: Student) -> None:
    """Somebody may see ``student`` no more. In the transaction that decided it, after the change."""
    for parting in _partings:
        parting(student)


def blockers(user: User | None, students: Sequence[Student]) -> list[Blocker]:
    """All that has to be settled before ``user`` (``None``: only the students) can go."""
    return [blocker for check in _checks for blocker in check(user, students)]


def going_with(user: User) -> list[Student]:
    """The students who would have nobody left: oneself, and children with no other guardian and no account."""
    gone = []
    own = Student.objects.filter(user=user, left_at=None).first()
    if own and (own.handed_over_at or not own.guardianships.current().exists()):
        gone.append(own)
    for child in Student.objects.cared_for_by(user).filter(user=None):
        if not child.guardianships.current().exclude(guardian=user).exists():
            gone.append(child)
    return gone


def leave(user: User, *, because: str = "") -> None:
    """Take a person out at once: names and addresses go, rows that the law wants kept stay nameless.

    Raises:
        Refused: something has to be settled first.
    """
    with contended(_("잠시 뒤에 다시 시도해 주세요.")), transaction.atomic():
        user = lock(User.objects, user.pk)
        if user.is_staff:
            raise Refused(_("직원 계정은 담당자에게 역할을 거두어 달라고 한 뒤 탈퇴할 수 있습니다."))
        students = going_with(user)
        if blockers(user, students):
            raise Refused(_("먼저 정리할 것이 남아 있습니다."))
        notices.left(name=user.name, email=user.email, phone=user.phone, user_id=user.pk, at=timezone.now())
        for kind, answer in consents.standing(user=user).items():
            if answer.given:
                consents.answer(kind, False, by=user, user=user, say=False)
        for student in students:
            _let_go(student)
        _forget_user(user, because)
        destruction.on_request("accounts.left_user", user)


def release(student: Student, *, by: User) -> None:
    """Stop serving a child at the wish of the last guardian.

    Raises:
        Refused: others still care for the child, or something has to be settled first.
    """
    with contended(_("잠시 뒤에 다시 시도해 주세요.")), transaction.atomic():
        student = lock(Student.objects, student.pk)
        if student.user_id or student.guardianships.current().exclude(guardian=by).exists():
            raise Refused(_("학생 계정이나 다른 보호자가 있습니다. '보호자 연결 끝내기'를 이용해 주세요."))
        if blockers(None, [student]):
            raise Refused(_("먼저 정리할 것이 남아 있습니다."))
        for kind, answer in consents.standing(student=student).items():
            if answer.given:
                consents.answer(kind, False, by=by, student=student)
        _let_go(student)


def forget_users(rows: models.QuerySet[User]) -> int:
    """Make these people nameless again, as a restore from an old backup has to; return how many."""
    people = list(rows)
    for user in people:
        _forget_user(user, user.withdrawn_because)
    return len(people)


def forget_students(rows: models.QuerySet[Student]) -> int:
    """As ``forget_users``, for students."""
    students = list(rows)
    for student in students:
        _forget_student(student)
    return len(students)


def _let_go(student: Student) -> None:
    _forget_student(student)
    destruction.on_request("accounts.left_student", student)


def _forget_user(user: User, because: str) -> None:
    """End what the person had, and keep a nameless row for what the law wants kept."""
    for ending in _endings:
        ending(user)
    now = timezone.now()
    Student.objects.filter(user=user).update(user=None, handed_over_at=None)
    Guardianship.objects.filter(guardian=user, ended_at=None).update(ended_at=now)
    user.affiliations.filter(ended_at=None).update(ended_at=now)
    user.invitations.waiting().update(cancelled_at=now, contact="")
    for belongings in (EmailAddress, Authenticator, SocialAccount):
        belongings.objects.filter(user=user).delete()
    user.name, user.email, user.phone, user.phone_verified_at, user.birth_date = GONE_USER, None, None, None, None
    user.is_active, user.withdrawn_at, user.withdrawn_because = False, now, because
    user.set_unusable_password()
    user.save(update_fields=LEFT_FIELDS)


def _forget_student(student: Student) -> None:
    """Keep what counts in statistics (year of birth, grade, school); forget who it was."""
    for forgetting in _forgettings:
        forgetting(student)
    now = timezone.now()
    student.guardianships.filter(ended_at=None).update(ended_at=now)
    student.invitations.waiting().update(cancelled_at=now, contact="")
    student.name, student.birth_date = GONE_STUDENT, date(student.birth_date.year, 1, 1)
    student.school_name, student.neighbourhood, student.user, student.left_at = "", None, None, now
    student.save(update_fields=["name", "birth_date", "school_name", "neighbourhood", "user", "left_at"])
