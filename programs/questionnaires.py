"""Forms about a participant: one at applying, and one that those who were accepted hand in.

Only students answer forms; the address of a page names the kind: ``programs`` the first, ``programs-second`` the
second. Handing in the last second form of an application confirms it (``seating.form_done``); one that staff
open again takes the confirmation back (``seating.form_undone``). A guardian's consent is a required box in the form
(``Question.is_consent``): without it nothing is handed in, so nothing is confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import family_keys
from krds.dates import kdatetime
from lifecycle.locks import lock_key
from programs import seating
from programs.models import Accepted, Application, Participant, Run
from questionnaires import cases
from questionnaires.models import Questionnaire, Response

if TYPE_CHECKING:
    from accounts.models import User

State = Application.State


@dataclass(frozen=True)
class Paper:
    """One form of one participant as the family sees it: what it is called, how far it is, where to go on."""

    participant: Participant
    title: str
    response: Response | None
    is_open: bool
    closes_at: datetime
    url: str
    decides: bool  # an answer after ``closes_at`` comes too late for who chooses, or costs the place

    @property
    def waits(self) -> bool:
        """It may still be written, and was not sent."""
        return self.is_open and (self.response is None or self.response.is_open)

    @property
    def is_sent(self) -> bool:
        return self.response is not None and not self.response.is_open

    @property
    def action(self) -> str:
        if not self.waits:
            return _("질문지 보기")
        return _("질문지 작성하기") if self.response is None else _("질문지 이어서 작성하기")


def papers(application: Application, user: User, now: datetime) -> list[Paper]:
    """The forms of an application that ``user`` may answer, the first before the second; three queries at most.

    The application comes ``for_page()``.
    """
    run = application.run
    asked = {key for key in (run.questionnaire_id, run.second_form_id) if key}
    people = [one for one in application.participants.all() if one.student_id]
    if not asked or not people:
        return []
    mine = set(
        cases.writers_students(user).filter(pk__in=[one.student_id for one in people]).values_list("pk", flat=True)
    )
    begun = _responses(people)
    forms = Questionnaire.objects.answerable().in_bulk(asked)
    found = []
    for kind, key in ((FIRST, run.questionnaire_id), (SECOND, run.second_form_id)):
        for person in people:
            response = begun.get((kind.content_type.pk, person.pk))
            person.application = application
            shown = kind is FIRST or application.state in Application.SEATED
            if person.student_id not in mine or not (response or (shown and key in forms)):
                continue
            closes_at = kind.closes_at(person)
            is_open = kind.is_live(person) and now < closes_at
            if response is None and not is_open:
                continue
            title = response.version.title if response else forms[key].current.title
            decides = kind is SECOND or (run.admission in DECIDED and application.state == State.APPLIED)
            found.append(Paper(person, title, response, is_open, closes_at, kind.fill_url(person), decides))
    return found


def answers(application: Application, user: User) -> list[tuple[str, Response]]:
    """What was answered at applying, by the participant's name, as far as ``user`` may open it; with its files."""
    people = {one.pk: one.called for one in application.participants.all() if one.student_id}
    rows = Response.objects.visible_to(user).filter(case_type=FIRST.content_type, case_id__in=people)
    rows = rows.select_related("version__questionnaire").prefetch_related("attachments").order_by("pk")
    return [(people[row.case_id], row) for row in rows]


def _responses(people: Iterable[Participant]) -> dict[tuple[int, int], Response]:
    """What was begun, by kind of case and participant."""
    types = [FIRST.content_type, SECOND.content_type]
    rows = Response.objects.filter(case_type__in=types, case_id__in=[one.pk for one in people])
    return {(row.case_type_id, row.case_id): row for row in rows.select_related("version").order_by("-pk")}


def sent_all(application: Application) -> bool:
    """Whether every student of the application has handed in the second form."""
    people = application.participants.filter(student__isnull=False, left_at=None)
    sent = Response.objects.filter(
        case_type=SECOND.content_type, case_id__in=people.values("pk"), state=Response.State.SENT
    )
    return people.count() == sent.values("case_id").distinct().count()


# --- What ``questionnaires`` asks of a participant ----------------------------------------------
DECIDED = frozenset({Run.Admission.DRAW, Run.Admission.REVIEW})


def _of_family(model: type[Participant]) -> models.QuerySet[Participant]:
    rows = model.objects.filter(student__isnull=False)
    return rows.select_related("student__user", "application__run__program")


def _of_staff(model: type[Participant], user: User) -> models.QuerySet[Participant]:
    if not (user.is_staff and user.has_perm("programs.view_application")):
        return model.objects.none()
    return model.objects.filter(student__isnull=False)


def _closes(participant: Participant) -> datetime:
    """Who is drawn or chosen answers before that is done, everybody else before the first session."""
    run = participant.application.run
    return run.closes_at if run.admission in DECIDED and run.closes_at else run.starts_at


def _second_closes(participant: Participant) -> datetime:
    """Until the place is confirmed its own deadline holds; for one that staff confirmed, the first session."""
    application = participant.application
    if application.state == State.CONFIRMED:
        return application.run.starts_at
    return application.form_until or application.run.second_form_until or application.run.starts_at


def _ended_at(participant: Participant) -> datetime:
    ends_at = participant.application.run.ends_at
    return min(participant.left_at, ends_at) if participant.left_at else ends_at


def _over(model: type[Participant], before: datetime) -> models.QuerySet[Participant]:
    return model.objects.filter(models.Q(run__ends_at__lt=before) | models.Q(left_at__lt=before))


def _title(participant: Participant) -> str:
    return _("%(programme)s · %(name)s") % {
        "programme": participant.application.run.program.title,
        "name": participant.called,
    }


def _handed_in(participant: Participant, by: User) -> None:
    """The second form was sent. The run is held first: of two children's last forms the later one sees both."""
    lock_key(Run, participant.run_id)
    application = Application.objects.get(pk=participant.application_id)
    if application.state == State.ACCEPTED and sent_all(application):
        seating.form_done(application, by=by)


def _opened_again(participant: Participant, by: User) -> str:
    """The second form has to be done anew: until then the place is not confirmed."""
    application = Application.objects.get(pk=participant.application_id)
    if application.state == State.CONFIRMED:
        application = seating.form_undone(application, by=by)
    words = _("%(until)s까지 다시 보내 주셔야 참여가 확정됩니다.")
    return words % {"until": kdatetime(application.form_until)} if application.form_until else ""


FIRST = cases.register(
    cases.Kind(
        code="programs",
        label="프로그램 신청",
        model=Participant,
        of_family=lambda user: _of_family(Participant).filter(student__in=family_keys(user)),
        of_staff=lambda user: _of_staff(Participant, user),
        form_of=lambda participant: participant.application.run.questionnaire,
        student_of=lambda participant: participant.student,
        people=lambda participant: participant.student.people_to_tell(),
        title=_title,
        url=lambda participant: participant.application.get_absolute_url(),
        staff_url=lambda participant: reverse("admin:programs_application_change", args=[participant.application_id]),
        is_live=lambda participant: participant.application.is_live and participant.left_at is None,
        closes_at=_closes,
        ended_at=_ended_at,
        over=lambda before: _over(Participant, before),
    )
)
SECOND = cases.register(
    cases.Kind(
        code="programs-second",
        label="선정된 사람의 서류",
        model=Accepted,
        of_family=lambda user: _of_family(Accepted).filter(
            student__in=family_keys(user), application__state__in=Application.SEATED
        ),
        of_staff=lambda user: _of_staff(Accepted, user),
        form_of=lambda participant: participant.application.run.second_form,
        student_of=lambda participant: participant.student,
        people=lambda participant: participant.student.people_to_tell(),
        title=_title,
        url=lambda participant: participant.application.get_absolute_url(),
        staff_url=lambda participant: reverse("admin:programs_application_change", args=[participant.application_id]),
        is_live=lambda participant: participant.application.state in Application.SEATED and participant.left_at is None,
        closes_at=_second_closes,
        ended_at=_ended_at,
        over=lambda before: _over(Accepted, before),
        sent=_handed_in,
        reopened=_opened_again,
    )
)
