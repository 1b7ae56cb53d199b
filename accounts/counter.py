"""A family that comes for the first time is registered at the counter with as little as the law allows.

The student's name, birthday and grade; under 14 with the guardian's consent on paper (개인정보 보호법
제22조의2①) and a number at which the guardian can be reached. The guardian gets a link and takes the
account over from home; until then the student has no login and nobody's number is kept but in the link.
"""

from __future__ import annotations

from django.db import transaction

from accounts import consents, family
from accounts.models import Consent, Invitation, Student, User
from accounts.schoolyear import is_under_14
from lifecycle.locks import Refused


class AlreadyHere(Refused):
    """This student is registered already; ``student`` is who."""

    def __init__(self, student: Student) -> None:
        super().__init__("이미 등록된 학생입니다. 다시 등록하지 말고 이름으로 찾아 주세요.")
        self.student = student


def register(
    student: Student, *, by: User, guardian_contact: str = "", consent_on_paper: bool = False, consent_by: str = ""
) -> Student:
    """Register a student for a guardian who stands at the counter, and send the guardian a link.

    ``consent_by`` names who signed the consent on paper.

    Raises:
        AlreadyHere: somebody of this name and birthday is registered.
        Refused: a child under 14 without the consent on paper, who signed it, or a contact of the guardian.
    """
    under_14 = is_under_14(student.birth_date)
    if under_14 and not consent_on_paper:
        raise Refused("만 14세 미만은 법정대리인이 서명한 동의서를 받아야 등록할 수 있습니다.")
    if under_14 and not consent_by.strip():
        raise Refused("동의서에 서명하신 분을 적어 주세요.")
    if under_14 and not guardian_contact:
        raise Refused("만 14세 미만은 보호자의 휴대폰 번호나 이메일을 적어 주세요.")
    with transaction.atomic():
        same = Student.objects.filter(name=student.name, birth_date=student.birth_date, left_at=None)
        if (known := same.first()) is not None:
            raise AlreadyHere(known)
        student.save(force_insert=True)
        if under_14:
            consents.answer(
                consents.Kind.CHILD,
                True,
                by=by,
                student=student,
                channel=Consent.Channel.DESK,
                verified=Consent.Verified.PAPER,
                spoken_by=consent_by.strip(),
            )
        if guardian_contact:
            family.invite(student, Invitation.Role.GUARDIAN, guardian_contact, by=by)
    return student
