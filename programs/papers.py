"""What programmes issue on paper: 수료증, 참가확인서, and a student's hours as 활동 이력서."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Student, family_keys
from documents import figures as written
from documents import issue, kinds
from documents.kinds import Kind
from documents.models import IssuedDocument
from krds.dates import kdate
from lifecycle.locks import Refused, lock
from programs import completion
from programs.completion import Completion, Sheet
from programs.models import Application, Participant
from tables.values import Column, Row, Table
from tables.values import Kind as Cell

if TYPE_CHECKING:
    from accounts.models import User

ISSUE = "programs.issue_certificate"
PAPERS_AT_ONCE = 500
CORRECTED = "출석이나 신청이 고쳐져 내용이 맞지 않음"


def _own(user: User) -> Q:
    """Oneself, one's children, and those who come along with one's own application; not one's fellow parent."""
    return Q(student__in=family_keys(user)) | Q(user=user) | Q(application__applicant=user, student=None, user=None)


def issuable(user: User) -> Any:
    """The participants whose papers somebody may take out: staff by their right, everybody else their own."""
    if user.is_staff and user.has_perm(ISSUE):
        return Participant.objects.all()
    return Participant.objects.filter(_own(user))


def _of_participants(user: User) -> Q:
    return kinds.of(issuable(user))


def _person(participant: Participant) -> Any:
    return participant.student or participant.user


def _portfolios(user: User) -> Q:
    return Q() if user.is_staff and user.has_perm(ISSUE) else kinds.of(Student.objects.of_family(user))


def _student(student: Student) -> Student:
    return student


CERTIFICATE = kinds.register(
    Kind(
        code="programs.certificate",
        label=_("수료증"),
        series="수료",
        template="documents/programs/certificate.html",
        visible=_of_participants,
        person=_person,
    )
)
PARTICIPATION = kinds.register(
    Kind(
        code="programs.participation",
        label=_("참가확인서"),
        series="참가확인",
        template="documents/certificate.html",
        visible=_of_participants,
        person=_person,
    )
)
PORTFOLIO = kinds.register(
    Kind(
        code="programs.portfolio",
        label=_("프로그램 활동 이력"),
        series="활동이력",
        template="documents/programs/portfolio.html",
        visible=_portfolios,
        person=_student,
    )
)
OF_A_RUN = {CERTIFICATE.code: CERTIFICATE, PARTICIPATION.code: PARTICIPATION}


def obstacle(kind: Kind, participant: Participant, found: Completion) -> str:
    """Why this paper cannot be issued to this participant now, as a sentence; empty when it can."""
    if not participant.application.is_seated or participant.left_at is not None:
        return "참여가 확정된 사람에게만 발급합니다."
    if kind is PARTICIPATION:
        if not found.came:
            return "출석한 회기가 없어 참가확인서를 발급할 수 없습니다."
        return "" if found.attested else "참가확인서는 출석한 회기가 끝난 뒤에 발급합니다."
    if not found.is_over:
        return "모든 회기가 끝난 뒤에 발급합니다."
    if not found.passes:
        return f"수료 기준({found.bar}%)에 이르지 못했습니다. {found.share_label} 출석했습니다."
    return ""


def certify(participant_id: int, *, by: User, kind: Kind = CERTIFICATE) -> IssuedDocument:
    """The paper of one participant of a run. Asked again with nothing changed, it is the same paper.

    A 참가확인서 of a run that still goes on speaks of the sessions that are over, and says until when: it stays
    true whatever comes later.

    Attendance may be corrected while the number is taken and the file made, for no lock is held then. So what
    was printed is compared once more, under the lock that corrections take.

    Raises:
        Refused: not complete, not there, or the name cannot be printed.
    """
    now, participant = timezone.now(), for_paper().get(pk=participant_id)
    sheet = completion.Sheet([participant])
    found = sheet.of(participant, now=now)
    if problem := obstacle(kind, participant, found):
        raise Refused(problem)
    until = None if found.is_over else now
    paper = issue.issue(
        kind.code,
        _figures(kind, participant, sheet.of(participant, now=now, until=until)),
        title=str(kind.label),
        by=by,
        subject=participant,
        to=participant.called,
        known_until=until,
    )
    with transaction.atomic():
        lock(Application.objects.all(), participant.application_id)
        gone = void_untrue([participant.pk], by=None)
    if gone and not IssuedDocument.objects.standing().filter(pk=paper.pk).exists():
        raise Refused("그사이 출석이 고쳐졌습니다. 출석을 확인한 뒤 다시 눌러 주세요.")
    return paper


def void_untrue(participants: Iterable[int], *, by: User | None) -> int:
    """Declare that papers of runs whose words are not true any more hold no longer; return how many.

    Belongs into the transaction of the correction, under the lock of the applications.
    """
    gone = untrue(list(_about(participants)))
    for paper in gone:
        issue.withdraw(paper, by=by, reason=CORRECTED)
    return len(gone)


def untrue(papers: Sequence[IssuedDocument]) -> list[IssuedDocument]:
    """Those of ``papers`` about participants that say what is not so, by what is written now; four queries."""
    if not papers:
        return []
    people = {person.pk: person for person in for_paper().filter(pk__in={paper.subject_id for paper in papers})}
    sheet, now = completion.Sheet(list(people.values())), timezone.now()
    return [paper for paper in papers if not _holds(paper, people.get(paper.subject_id), sheet, now)]


def _holds(paper: IssuedDocument, person: Participant | None, sheet: Sheet, now: datetime) -> bool:
    """A 수료증 holds while its owner has the place and passes; that somebody came stays so without the place."""
    if person is None:
        return False
    kind = OF_A_RUN[paper.kind]
    found = sheet.of(person, now=now, until=paper.known_until)
    if kind is CERTIFICATE and obstacle(kind, person, found):
        return False
    return _attended(written.loads(paper.contents)) == _attended(_figures(kind, person, found))


def all_untrue() -> Iterator[IssuedDocument]:
    """Every paper of a run that is said to hold and says what is not so; for whoever doubts."""
    keys = list(IssuedDocument.objects.standing().filter(kind__in=OF_A_RUN).values_list("pk", flat=True))
    for start in range(0, len(keys), PAPERS_AT_ONCE):
        rows = list(IssuedDocument.objects.filter(pk__in=keys[start : start + PAPERS_AT_ONCE]).order_by("pk"))
        here = set(Participant.objects.filter(pk__in={row.subject_id for row in rows}).values_list("pk", flat=True))
        yield from untrue([row for row in rows if row.subject_id in here])  # whose data are destroyed is left alone


def has_certificates(run_id: int) -> bool:
    """Whether somebody holds a 수료증 of this run."""
    people = Participant.objects.filter(run=run_id).values("pk")
    return IssuedDocument.objects.standing().filter(kinds.of(people), kind=CERTIFICATE.code).exists()


def standing_of(participants: Iterable[int]) -> dict[int, dict[str, IssuedDocument]]:
    """The papers that hold, by participant and kind, in one query."""
    found: dict[int, dict[str, IssuedDocument]] = {}
    for paper in _about(participants):
        found.setdefault(paper.subject_id, {})[paper.kind] = paper
    return found


def portfolio(student: Student, *, by: User, first: date | None = None, last: date | None = None) -> IssuedDocument:
    """All that a student took part in between two days, both included, with hours; runs by their first day.

    Raises:
        Refused: nothing was attended.
    """
    rows = activities(student, first=first, last=last, until=timezone.now())
    if not rows:
        raise Refused("출석한 프로그램이 없습니다. 참여하신 뒤에 발급받을 수 있습니다.")
    minutes = sum(found.minutes for _person, found in rows)
    table = Table(
        slug="activities",
        title="참여한 프로그램",
        head="프로그램",
        columns=(
            Column("기간", Cell.TEXT),
            Column("출석", Cell.TEXT),
            Column("시간", Cell.TEXT),
            Column("수료", Cell.TEXT),
        ),
        rows=(
            *(_line(person, found) for person, found in rows),
            Row("모두", (f"{len(rows)}개", "", completion.hours(minutes), ""), total=True),
        ),
        notes=("시간은 출석한 회기의 길이를 더한 것입니다. 인정결석은 출석으로 세지만 시간에는 넣지 않습니다.",),
    )
    period = f"{kdate(first) if first else '처음'} ~ {kdate(last or timezone.localdate())}" if first or last else "전체"
    facts = [["성명", student.name], ["생년월일", _day(student.birth_date)], ["기간", period]]
    return issue.issue(
        PORTFOLIO.code,
        {"facts": facts, "table": table},
        title=str(PORTFOLIO.label),
        by=by,
        subject=student,
        to=student.name,
    )


def activities(
    student: Student, *, first: date | None = None, last: date | None = None, until: datetime | None = None
) -> list[tuple[Participant, Completion]]:
    """The runs that a student came to at least once, the earliest first, in a constant number of queries.

    ``until``: by the sessions alone that were over then, as a paper must.
    """
    asked = for_paper().seated().filter(student=student, left_at=None)
    if first:
        asked = asked.filter(run__starts_at__date__gte=first)
    if last:
        asked = asked.filter(run__starts_at__date__lte=last)
    people = list(asked.order_by("run__starts_at", "pk"))
    sheet, now = completion.Sheet(people), timezone.now()
    found = [(person, sheet.of(person, now=now, until=until)) for person in people]
    return [(person, one) for person, one in found if one.came]


# --- Steps -------------------------------------------------------------------------------------


def for_paper() -> Any:
    return Participant.objects.select_related("application", "run__program", "student", "user")


def _about(participants: Iterable[int]) -> Any:
    return (
        IssuedDocument.objects.standing()
        .filter(
            subject_type__app_label="programs",
            subject_type__model="participant",
            subject_id__in=list(participants),
            kind__in=OF_A_RUN,
        )
        .order_by("pk")
    )


def _figures(kind: Kind, participant: Participant, found: Completion) -> dict[str, Any]:
    run = participant.run
    facts = [["성명", participant.called]]
    if participant.student:
        facts.append(["생년월일", _day(participant.student.birth_date)])
    facts += [
        ["프로그램", run.program.title],
        ["회차", run.title],
        ["기간", _span(run.starts_at, found.last or run.ends_at)],
        ["출석", found.share_label],
        ["시간", found.hours_label],
    ]
    if kind is CERTIFICATE:
        statement = f"위 사람은 우리 센터가 운영한 ‘{run.program.title}’ 과정을 성실히 마쳤으므로 이 증서를 드립니다."
    else:
        statement = "위 사람은 우리 센터가 운영한 프로그램에 참가하였음을 확인합니다."
    return {"facts": facts, "statement": statement}


def _attended(figures: dict[str, Any]) -> list[list[str]]:
    """What the paper says of attendance; a name or a title that changed later makes no paper untrue."""
    return [fact for fact in figures["facts"] if fact[0] in {"출석", "시간"}]


def _line(person: Participant, found: Completion) -> Row:
    run = person.run
    is_complete = "수료" if found.is_complete else ("진행 중" if not found.is_over else "–")
    cells = (_days(run.starts_at, run.ends_at), found.share_label, found.hours_label, is_complete)
    return Row(f"{run.program.title} {run.title}", cells)


def _day(day: date) -> str:
    return f"{day:%Y. %-m. %-d.}"


def _span(start: datetime, end: datetime) -> str:
    """The days without their weekdays, as formal papers have them."""
    first, last = timezone.localdate(start), timezone.localdate(end)
    return _day(first) if first == last else f"{_day(first)} ~ {_day(last)}"


def _days(start: Any, end: Any) -> str:
    first, last = timezone.localdate(start), timezone.localdate(end)
    return kdate(first) if first == last else f"{kdate(first)} ~ {kdate(last)}"
