"""Who stands together in one application, as values; and who may put whom there.

Nothing here counts places or locks anything: ``enrolment`` does, under the run's row lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import names
from accounts.models import Affiliation, Guardianship, School, Student, User
from lifecycle.locks import Refused
from programs.models import Application, Participant, Program, Run
from programs.models.applications import MOST_HEADS, MOST_TOGETHER

Role = Participant.Role


@dataclass(frozen=True)
class Entrant:
    """One person who is to take part; a student, somebody with a login, or a name alone."""

    role: str
    student_id: int | None = None
    user_id: int | None = None
    name: str = ""


@dataclass(frozen=True)
class People:
    """Persons who stand or fall together, the first one the participant that the programme is for."""

    entrants: tuple[Entrant, ...]

    @property
    def places(self) -> int:
        return len(self.entrants)

    @property
    def students(self) -> list[int]:
        return [one.student_id for one in self.entrants if one.student_id is not None]


@dataclass(frozen=True)
class Class:
    """A school class by heads. ``user_id`` speaks for it when staff apply for a teacher who called."""

    school_id: int
    class_name: str
    headcount: int
    user_id: int | None = None

    @property
    def places(self) -> int:
        return self.headcount

    @property
    def students(self) -> list[int]:
        return []


Party = People | Class


class Misfit(Refused):
    """These people cannot apply like this: not theirs to enter, not whom it is for, not together."""


def check(run: Run, parties: Sequence[Party], *, by: User, on_behalf: bool, invited: bool = False) -> None:
    """Refuse parties of the wrong shape, and people whom ``by`` may not enter. At most four queries.

    Staff (``on_behalf``) may enter anybody, of whatever audience; who was ``invited`` may be a guest.

    Raises:
        Misfit: with a sentence.
    """
    if not parties or sum(len(party.entrants) for party in parties if isinstance(party, People)) > MOST_TOGETHER:
        raise Misfit(
            ngettext(
                "참가할 사람을 한 번에 %(most)d명까지 골라 주세요.",
                "참가할 사람을 한 번에 %(most)d명까지 골라 주세요.",
                MOST_TOGETHER,
            )
            % {"most": MOST_TOGETHER}
        )
    for party in parties:
        _check_shape(run, party, on_behalf=on_behalf)
    entrants = [one for party in parties if isinstance(party, People) for one in party.entrants]
    _check_names(entrants)
    if on_behalf:
        return
    if not invited and any(one.role == Role.GUEST for one in entrants):
        raise Misfit(_("초대받은 분만 신청할 수 있습니다."))
    _check_audience(run.program, entrants)
    _check_family(entrants, by)
    _check_teacher(parties, entrants, by)
    for party in parties:
        if run.party == Run.Party.PAIR and isinstance(party, People):
            _check_pair(party)


def _check_shape(run: Run, party: Party, *, on_behalf: bool) -> None:
    if isinstance(party, Class):
        takes_classes = run.party == Run.Party.CLASS or Program.Audience.SCHOOL in run.program.audience
        if not takes_classes and not on_behalf:
            raise Misfit(_("학교 단체로는 신청할 수 없는 회차입니다."))
        if not 1 <= party.headcount <= MOST_HEADS:
            raise Misfit(_("인원은 1명에서 %(most)d명 사이로 적어 주세요.") % {"most": MOST_HEADS})
        if not party.class_name.strip():
            raise Misfit(_("학급을 적어 주세요. 예: 2학년 3반"))
        return
    if run.party == Run.Party.CLASS and not on_behalf:
        raise Misfit(_("학교 선생님이 학급 단위로 신청하는 회차입니다."))
    roles = [one.role for one in party.entrants]
    main = [role for role in roles if role != Role.COMPANION]
    if run.party == Run.Party.PAIR:
        if sorted(roles) != sorted([Role.STUDENT, Role.GUARDIAN]):
            raise Misfit(_("학생 한 명과 보호자 한 명이 함께 신청하는 회차입니다."))
    elif len(main) != 1:
        raise Misfit(_("신청 한 건에 참가자는 한 명입니다. 여럿이면 사람마다 신청됩니다."))
    if len(roles) - len(main) > run.companions:
        raise Misfit(
            _("동반인과 함께 올 수 없는 회차입니다.") if not run.companions else _("동반인은 한 명까지입니다.")
        )


def _check_names(entrants: Iterable[Entrant]) -> None:
    for one in entrants:
        if one.student_id is None and one.user_id is None:
            try:
                names.validate(one.name)
            except ValidationError as error:
                raise Misfit(error.messages[0]) from None


def _check_audience(program: Program, entrants: Iterable[Entrant]) -> None:
    """A companion, and the guardian of a pair, come with whom the programme is for."""
    entrants = list(entrants)
    audience = set(program.audience)
    wanted = {
        Role.STUDENT: {Program.Audience.STUDENT},
        Role.GUARDIAN: {Program.Audience.GUARDIAN},
        Role.TEACHER: {Program.Audience.TEACHER, Program.Audience.SCHOOL},
    }
    students = any(one.role == Role.STUDENT for one in entrants)
    for one in entrants:
        if one.role == Role.GUARDIAN and students:
            continue
        if audience and one.role in wanted and not wanted[one.role] & audience:
            raise Misfit(_("%(audience)s 대상 프로그램입니다.") % {"audience": program.audience_label})


def _check_family(entrants: Iterable[Entrant], by: User) -> None:
    """Only one's own children and oneself; nobody else's, and nobody who has left."""
    entrants = list(entrants)
    students = {one.student_id for one in entrants if one.student_id is not None}
    if students and Student.objects.of_family(by).filter(pk__in=students).count() != len(students):
        raise Misfit(_("본인이나 등록된 자녀만 신청할 수 있습니다."))
    if any(one.user_id not in {None, by.pk} for one in entrants):
        raise Misfit(_("다른 회원을 대신 신청할 수 없습니다. 그분의 계정으로 신청해 주세요."))
    for one in entrants:
        if one.role == Role.GUARDIAN and not by.guardianships.current().exists():
            raise Misfit(_("자녀를 먼저 등록해 주세요. 보호자는 자녀를 등록한 뒤에 신청할 수 있습니다."))


def _check_teacher(parties: Iterable[Party], entrants: Iterable[Entrant], by: User) -> None:
    """A class is entered by somebody of that school whom the centre has confirmed; so is a teacher."""
    schools = {party.school_id for party in parties if isinstance(party, Class)}
    teachers = any(one.role == Role.TEACHER for one in entrants)
    if not schools and not teachers:
        return
    mine = set(
        Affiliation.objects.current()
        .filter(user=by, role__in=[Affiliation.Role.TEACHER, Affiliation.Role.SCHOOL])
        .values_list("school", flat=True)
    )
    if not mine or not schools <= mine:
        raise Misfit(_("소속 학교가 확인된 선생님만 신청할 수 있습니다. 내 정보에서 소속을 등록해 주세요."))


def _check_pair(party: People) -> None:
    student, guardian = party.students[0], next(one.user_id for one in party.entrants if one.role == Role.GUARDIAN)
    if not Guardianship.objects.current().filter(student=student, guardian=guardian).exists():
        raise Misfit(_("학생과 그 학생의 보호자가 함께 신청해 주세요."))


class Twice(Refused):
    """Somebody of these has applied for this run already."""


def refuse_the_same_twice(run: Run, parties: Sequence[Party]) -> None:
    """Say who has applied already. Asked under the run's lock; two unique indexes stand behind it.

    Raises:
        Twice: the same person, or the same class, in this run or within ``parties``.
    """
    entrants = [one for party in parties if isinstance(party, People) for one in party.entrants]
    students = [one.student_id for one in entrants if one.student_id is not None]
    users = [one.user_id for one in entrants if one.user_id is not None]
    if len(students) != len(set(students)) or len(users) != len(set(users)):
        raise Twice(_("같은 사람을 두 번 골랐습니다."))
    here = Participant.objects.filter(run=run, left_at=None)
    found = []
    if students:
        found += here.filter(student__in=students).values_list("student__name", flat=True)
    if users:
        found += here.filter(user__in=users).values_list("user__name", flat=True)
    if found:
        raise Twice(_("%(names)s님은 이미 신청했습니다. ‘내 신청’에서 확인해 주세요.") % {"names": "·".join(found)})
    for party in parties:
        if isinstance(party, Class):
            same = run.applications.live().filter(school=party.school_id, class_name=party.class_name.strip())
            if same.exists() or sum(other == party for other in parties) > 1:
                raise Twice(
                    _("%(school)s %(name)s은(는) 이미 신청했습니다.")
                    % {"school": School.objects.get(pk=party.school_id), "name": party.class_name.strip()}
                )


def participants(application: Application, party: Party) -> list[Participant]:
    """The rows of a party's people; of a class there are none."""
    if isinstance(party, Class):
        return []
    return [
        Participant(
            application=application,
            run_id=application.run_id,
            role=one.role,
            student_id=one.student_id,
            user_id=one.user_id,
            name="" if one.student_id or one.user_id else one.name,
        )
        for one in party.entrants
    ]
