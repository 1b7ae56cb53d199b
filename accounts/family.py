"""Children and the people who care for them: adding, inviting, accepting, letting go."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import consents, leaving, notices
from accounts.models import Consent, Guardianship, Invitation, Student, User
from accounts.models.invitations import new_token
from accounts.schoolyear import age, is_under_14, school_year
from lifecycle.locks import Refused, contended, lock
from lifecycle.masking import mask_name

MOST_CHILDREN = 10
MOST_INVITATIONS = 5
ADULT = 19  # 민법 제4조: who may be a legal guardian


class NeedsPhone(Refused):
    """The confirming message to a guardian (시행령 제17조의2 ① 1호) needs a proved phone."""


class NeedsConsent(Refused):
    """A child under 14 and no word of the guardian."""


class InvitationOver(Refused):
    """The link was used, called back, or is too old."""


def may_be_guardian(user: User) -> bool:
    """Adults may; somebody whose birthday nobody asked (staff made the account) is taken for one."""
    return user.birth_date is None or age(user.birth_date) >= ADULT


def add_child(guardian: User, student: Student, *, relation: str, consented: bool) -> Student:
    """Register a child of ``guardian``; under 14, with the guardian's consent and its confirming message.

    Raises:
        NeedsPhone: a child under 14, and the guardian has no proved phone.
        NeedsConsent: a child under 14, and the guardian did not consent.
        Refused: no adult, twice the same child, or too many children.
    """
    with contended(_("잠시 뒤에 다시 시도해 주세요.")), transaction.atomic():
        guardian = lock(User.objects, guardian.pk)
        if not may_be_guardian(guardian):
            raise Refused(_("만 19세 이상인 보호자만 자녀를 등록할 수 있습니다."))
        if is_under_14(student.birth_date):
            if not guardian.phone_verified_at:
                raise NeedsPhone(_("만 14세 미만 자녀를 등록하려면 먼저 휴대폰 번호를 확인해 주세요."))
            if not consented:
                raise NeedsConsent(_("만 14세 미만 자녀는 법정대리인의 동의가 있어야 등록할 수 있습니다."))
        mine = Student.objects.cared_for_by(guardian)
        if mine.filter(name=student.name, birth_date=student.birth_date).exists():
            raise Refused(_("이미 등록한 자녀입니다."))
        if mine.count() >= MOST_CHILDREN:
            raise Refused(
                _("자녀는 %(most)s명까지 등록할 수 있습니다. 센터로 문의해 주세요.") % {"most": MOST_CHILDREN}
            )
        student.save(force_insert=True)
        Guardianship.objects.create(guardian=guardian, student=student, relation=relation, confirmed_at=timezone.now())
        if is_under_14(student.birth_date):
            consents.answer(
                consents.Kind.CHILD, True, by=guardian, student=student, verified=Consent.Verified.SMS_NOTICE
            )
    return student


def add_oneself(user: User, student: Student) -> Student:
    """Register a student of 14 or more who has an account of their own.

    Raises:
        Refused: under 14, or registered already.
    """
    if is_under_14(student.birth_date):
        raise Refused(_("만 14세 미만은 보호자가 등록해 주셔야 합니다."))
    student.user = user
    student.handed_over_at = timezone.now()
    with contended(_("이미 학생 정보를 등록했습니다.")), transaction.atomic():
        student.save(force_insert=True)
    return student


def update(student: Student, changes: dict[str, Any]) -> None:
    """Change what the family may change; a grade is true of the school year in which it was said."""
    for field, value in changes.items():
        setattr(student, field, value)
    student.grade_year = school_year()
    student.save(update_fields=[*changes, "grade_year"])


def invite(student: Student, role: str, contact: str, *, by: User) -> Invitation:
    """Send a link to somebody who shall care for ``student``, or to the student.

    Raises:
        Refused: the student has an account already, too many invitations wait, or a child under 14
            would choose who cares for it.
    """
    with contended(_("잠시 뒤에 다시 시도해 주세요.")), transaction.atomic():
        student = lock(Student.objects, student.pk)
        if student.user_id == by.pk and student.is_under_14:
            raise Refused(_("만 14세 미만은 보호자가 다른 보호자를 초대해야 합니다."))
        if role == Invitation.Role.STUDENT and student.user_id:
            raise Refused(_("이미 학생 계정이 연결되어 있습니다."))
        if student.invitations.waiting().count() >= MOST_INVITATIONS:
            raise Refused(_("답을 기다리는 초대가 너무 많습니다. 필요 없는 초대를 먼저 취소해 주세요."))
        token = new_token()
        invitation = Invitation(student=student, role=role, contact=contact, invited_by=by)
        invitation.set_token(token)
        invitation.save(force_insert=True)
        notices.invited(invitation, token, inviter=mask_name(by.name), student=mask_name(student.name))
    return invitation


def accept(invitation: Invitation, *, by: User, relation: str = "") -> Student:
    """Take what the link offers. ``relation`` is what a new guardian is to the student.

    Raises:
        InvitationOver: used, called back or expired.
        Refused: not for this person.
    """
    with contended(_("이미 연결되어 있습니다.")), transaction.atomic():
        student = lock(Student.objects, invitation.student_id)
        invitation = Invitation.objects.select_related("student").get(pk=invitation.pk)
        if not Invitation.objects.waiting().filter(pk=invitation.pk).exists() or student.left_at:
            raise InvitationOver(_("이미 사용했거나 기한이 지난 초대입니다. 다시 초대해 달라고 해 주세요."))
        if invitation.invited_by_id == by.pk:
            raise Refused(_("본인이 보낸 초대입니다. 초대받은 분이 열어야 합니다."))
        if invitation.role == Invitation.Role.GUARDIAN:
            _become_guardian(student, by, relation)
        else:
            _become_student(student, by)
        invitation.accepted_at, invitation.accepted_by, invitation.contact = timezone.now(), by, ""
        invitation.save(update_fields=["accepted_at", "accepted_by", "contact"])
        notices.accepted(invitation)
    return student


def _become_guardian(student: Student, user: User, relation: str) -> None:
    if student.user_id == user.pk:
        raise Refused(_("학생 본인은 자신의 보호자가 될 수 없습니다."))
    if not may_be_guardian(user):
        raise Refused(_("만 19세 이상인 보호자만 수락할 수 있습니다."))
    if student.guardianships.current().filter(guardian=user).exists():
        raise Refused(_("이미 등록된 보호자입니다."))
    Guardianship.objects.create(guardian=user, student=student, relation=relation, confirmed_at=timezone.now())


def _become_student(student: Student, user: User) -> None:
    if student.user_id:
        raise Refused(_("이미 학생 계정이 연결되어 있습니다."))
    if Student.objects.filter(user=user).exists():
        raise Refused(_("이미 학생 정보가 있는 계정입니다. 내 정보에서 보호자를 초대해 주세요."))
    if student.guardianships.current().filter(guardian=user).exists():
        raise Refused(_("보호자 계정으로는 학생 초대를 수락할 수 없습니다. 학생의 계정으로 로그인해 주세요."))
    if user.birth_date != student.birth_date:
        raise Refused(_("학생 정보와 생년월일이 다릅니다. 보호자에게 등록된 생년월일을 확인해 주세요."))
    student.user = user
    student.save(update_fields=["user"])


@transaction.atomic
def call_back(invitation: Invitation) -> None:
    """Make a waiting link useless, and forget where it went."""
    Invitation.objects.waiting().filter(pk=invitation.pk).update(cancelled_at=timezone.now(), contact="")


def unlink(guardianship: Guardianship, *, by: User) -> None:
    """End one guardian's care, at the wish of that guardian or of a student of 14 or more.

    Raises:
        Refused: the last guardian of somebody who could then not be reached.
    """
    with contended(_("잠시 뒤에 다시 시도해 주세요.")), transaction.atomic():
        student = lock(Student.objects, guardianship.student_id)
        others = student.guardianships.current().exclude(pk=guardianship.pk)
        if not others.exists() and (student.user_id is None or student.is_under_14):
            raise Refused(_("마지막 보호자입니다. 더 이용하지 않으려면 자녀의 이용을 종료해 주세요."))
        ended = student.guardianships.current().filter(pk=guardianship.pk).update(ended_at=timezone.now())
        if ended:
            notices.unlinked(student, guardianship.guardian, key=f"guardianship/{guardianship.pk}")
            leaving.parted(student)


def hand_over(student: Student, *, by: User) -> None:
    """From 14 on, let the student alone change their own data; guardians keep what they can book.

    Raises:
        Refused: under 14, or not the student.
    """
    if student.user_id != by.pk or student.is_under_14:
        raise Refused(_("만 14세가 된 학생 본인만 할 수 있습니다."))
    with transaction.atomic():
        if Student.objects.filter(pk=student.pk, handed_over_at=None).update(handed_over_at=timezone.now()):
            leaving.parted(student)
