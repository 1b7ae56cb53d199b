"""A camp that is on: papers handed in, rooms, teams and mentors; the demo's partner looks after one team."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import Partner
from gumcheon_portal.demo.families import Town
from lifecycle.locks import Refused
from programs import camps, enrolment
from programs.models import Accepted, Kept, Mentor, Participant, Program, Run
from programs.parties import Entrant, People
from questionnaires import answering
from questionnaires.models import Questionnaire

DAY = timedelta(days=1)
PEOPLE = 6
PAPERS = {
    "emergency_name": "보호자(체험용)",
    "emergency_phone": "010-0000-0000",
    "health": "없음",
    "food": "복숭아",
    "guardian_agrees": ["동의합니다"],
}


def fill(town: Town) -> None:
    """Begins tomorrow and lasts three days, so that mentors may look already."""
    program = Program.objects.published().filter(plan_key="star-dormitory").first()
    form = Questionnaire.objects.filter(slug="camp-papers").first()
    if program is None or form is None:
        return
    run = _run(program, form)
    staff = town.people["programs"]
    for student in town.students[6:]:
        if run.participants.count() == PEOPLE:
            break
        if (student.current_grade or 0) >= (program.first_grade or 10):
            party = People((Entrant(Participant.Role.STUDENT, student_id=student.pk),))
            try:
                enrolment.apply(run.pk, [party], by=staff, on_behalf=True)
            except Refused:
                continue
    _papers(run)
    _places(run, town)


def _run(program: Program, form: Questionnaire) -> Run:
    starts = (timezone.localtime() + DAY).replace(hour=10, minute=0, second=0, microsecond=0)
    run = Run.objects.create(
        program=program,
        title="늦가을 캠프",
        place="체험용 수련원",
        starts_at=starts,
        ends_at=starts + 2 * DAY + timedelta(hours=8),
        capacity=PEOPLE,
        second_form=form,
        second_form_until=starts,
        admission=Run.Admission.INVITATION,
        published_at=None,  # everybody in it was chosen: nobody finds it in the catalogue
    )
    for number, title in enumerate(("여는 마당과 학습 계획", "교과 멘토링", "전공 이야기와 닫는 마당")):
        begins = starts + number * DAY
        run.sessions.create(number=number + 1, title=title, starts_at=begins, ends_at=begins + timedelta(hours=8))
    return run


def _papers(run: Run) -> None:
    """All but the last have handed in what the camp asks."""
    for one in Accepted.objects.filter(run=run).order_by("pk")[: PEOPLE - 1]:
        if sheet := answering.sheet(one):
            people = one.student.people_to_tell()
            by = people[0] if people else one.application.applicant
            answering.send(one, sheet.version, PAPERS, by=by, revision=sheet.revision)


def _places(run: Run, town: Town) -> None:
    partner = Partner.objects.order_by("pk").first()
    if partner:
        run.partners.add(partner)
    today = timezone.localdate()
    camps.put_room(run.pk, name="301호", capacity=3, kind=Kept.FEMALE)
    camps.put_room(run.pk, name="302호", capacity=3, kind=Kept.MALE)
    lead = camps.put_mentor(
        run.pk, user=town.people["partner"], role=Mentor.Role.LEAD, partner=partner, cleared_on=today - 20 * DAY
    )
    other = camps.put_mentor(run.pk, name="하다솜", role=Mentor.Role.TEAM, cleared_on=today - 20 * DAY)
    camps.put_mentor(run.pk, name="나루비", role=Mentor.Role.NIGHT)
    camps.put_team(run.pk, name="1조", mentors=[lead.pk], in_charge=lead.pk)
    camps.put_team(run.pk, name="2조", mentors=[other.pk], in_charge=other.pk)
    staff = town.people["programs"]
    stated = [
        camps.Change(one.pk, Kept.FEMALE if number % 2 else Kept.MALE, None, None)
        for number, one in enumerate(camps.seated(run))
    ]
    camps.assign(run.pk, stated, by=staff)
    camps.fill(run.pk, seen=camps.propose(run).digest, by=staff)
