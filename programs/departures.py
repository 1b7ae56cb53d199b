"""Who leaves gives every place back: nothing has to be settled first.

``accounts.leaving`` holds the person's row by then, and a run comes before people in the order of locks
(``docs/locks.md``). So the words go at once, and ``sweeping`` gives the places to the line within a minute.
"""

from __future__ import annotations

from accounts import leaving
from accounts.models import Student, User
from programs import invitations
from programs.models import Application, Participant, RunInvitation

LEFT = "받은 사람이 탈퇴함"
GONE = "탈퇴한 이용자의 동반인"


@leaving.also_forgets
def words_about(student: Student) -> None:
    """What was written with the student's applications, and the names of those who came along."""
    _forget(Participant.objects.filter(student=student).values_list("application", flat=True))


@leaving.also_ends
def words_of(user: User) -> None:
    _forget(Participant.objects.filter(user=user).values_list("application", flat=True))
    Application.objects.filter(applicant=user).exclude(remark="").update(remark="")


@leaving.also_ends
def invitations_of(user: User) -> None:
    """Links that nobody has answered yet go with the address they were sent to. Called before it is forgotten."""
    for one in invitations.to(user).filter(state=RunInvitation.State.SENT).order_by("pk"):
        one.move(RunInvitation.State.REVOKED, by=None, reason=LEFT, contact="", name="")


def _forget(applications: object) -> None:
    keys = list(applications)
    Application.objects.filter(pk__in=keys).exclude(remark="").update(remark="")
    Participant.objects.filter(application__in=keys).exclude(name="").update(name=GONE)
