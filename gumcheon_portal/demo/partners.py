"""Invented partners: agreements in every state, what was held with whom in three years, and a run to open a roster of."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from accounts.models import Partner, School
from gumcheon_portal.demo.families import Town
from programs import agreements, rosters, visiting
from programs.models import Agreement, Application, ContactPerson, Participant, Program, RosterShare, Run, Visit

Kind = Partner.Kind
PARTNERS = (
    ("해오름게임즈", Kind.COMPANY, "게임 기획, 그래픽", "게임을 만드는 회사입니다. 학생들과 하루 인턴십을 엽니다."),
    ("온새미로병원", Kind.COMPANY, "간호, 임상병리", "진료실 밖에서 일하는 사람들을 만나는 병원 탐방을 합니다."),
    ("가온누리대학교", Kind.UNIVERSITY, "인공지능학과, 간호학과", "학과 체험과 대학생 멘토링을 함께합니다."),
    ("꿈자람교육", Kind.AGENCY, "직업군 체험", "직업군 체험과 적성검사를 운영하는 전문업체입니다."),
    ("미리내교육지원청", Kind.OFFICE, "", "학교와 센터를 이어 줍니다."),
)
# runs held per year before this one and in it: agencies, companies, universities, offices
HELD = {-2: (8, 1, 1, 1), -1: (5, 3, 2, 1), 0: (2, 4, 3, 1)}
KEYS = {
    Kind.AGENCY: "career-agency",
    Kind.COMPANY: "career-company",
    Kind.UNIVERSITY: "career-university",
    Kind.OFFICE: "college-link",
}
SEATED = 7


def fill(town: Town) -> None:
    partners = _partners(town)
    _agreements(town, partners)
    _held(partners)
    _ahead(town, partners["가온누리대학교"])
    _visits(town)


def _partners(town: Town) -> dict[str, Partner]:
    found = {}
    for number, (name, kind, fields, about) in enumerate(PARTNERS, start=1):
        values = {"kind": kind, "fields": fields, "about": about}
        found[name], _made = Partner.objects.update_or_create(name=name, defaults=values)
        ContactPerson.objects.create(
            partner=found[name],
            name=f"{'김이박최정'[number - 1]}나래",
            department="교육협력팀",
            phone=f"0200000{number:03}",
            email=f"contact{number}@example.com",
        )
    return found


def _agreements(town: Town, partners: dict[str, Partner]) -> None:
    """One that ends soon, one that renews itself, one not begun, one over, one ended early, one with a school."""
    today = timezone.localdate()

    def make(first: int, last: int, **fields: object) -> Agreement:
        start = today + timedelta(days=first)
        return Agreement.objects.create(
            signed_on=min(start, today), first_day=start, last_day=today + timedelta(days=last), **fields
        )

    officer = town.people["programs"]
    make(-340, 25, partner=partners["가온누리대학교"], title="전공체험·멘토링 업무협약", responsible=officer)
    make(
        -500, -136, partner=partners["해오름게임즈"], title="일일 인턴십 업무협약", renews_years=1, responsible=officer
    )
    make(14, 379, partner=partners["온새미로병원"], title="병원 탐방 업무협약")
    make(-800, -70, partner=partners["꿈자람교육"], title="직업군 체험 위탁 협약")
    early = make(-200, 165, partner=partners["미리내교육지원청"], title="진로교육 협력 협약")
    agreements.end(early, on=today - timedelta(days=30), reason="담당 기관 개편", by=officer)
    make(-100, 265, school=School.objects.order_by("pk").first(), title="찾아가는 진로체험 협약", responsible=officer)


def _held(partners: dict[str, Partner]) -> None:
    """Past runs of the last years, for the figure of 현행 → 개선."""
    today = timezone.localdate()
    of_kind = {kind: [one for one in partners.values() if one.kind == kind] for kind in KEYS}
    programs = {kind: Program.objects.get(plan_key=key) for kind, key in KEYS.items()}
    for years, numbers in HELD.items():
        first = date(today.year + years, 1, 5)
        days = (today - first).days - 1 if years == 0 else 340
        for kind, number in zip(KEYS, numbers, strict=True):
            for n in range(number if days > number else 0):
                day = first + timedelta(days=days * n // number)
                starts = timezone.make_aware(datetime.combine(day, time(14)))
                run = Run.objects.create(
                    program=programs[kind],
                    title=f"{day.year}년 {kind.label} {n + 1}회",
                    starts_at=starts,
                    ends_at=starts + timedelta(hours=2),
                    place="체험용 센터 강의실",
                    published_at=starts - timedelta(days=30),
                )
                run.sessions.create(starts_at=run.starts_at, ends_at=run.ends_at)
                run.partners.add(of_kind[kind][n % len(of_kind[kind])])


def _ahead(town: Town, university: Partner) -> None:
    """A run in four days whose roster the demo partner may open: entrusted, so everybody with a place is on it."""
    now = timezone.now()
    starts = timezone.make_aware(datetime.combine(timezone.localdate() + timedelta(days=4), time(14)))
    run = Run.objects.create(
        program=Program.objects.get(plan_key="career-university"),
        title=f"{starts.year}년 겨울 전공체험",
        starts_at=starts,
        ends_at=starts + timedelta(hours=3),
        place="가온누리대학교 체험용 강의실",
        capacity=20,
        opens_at=now - timedelta(days=20),
        closes_at=now - timedelta(days=1),
        published_at=now - timedelta(days=25),
    )
    run.sessions.create(starts_at=run.starts_at, ends_at=run.ends_at, title="학과 체험")
    run.partners.add(university)
    share = RosterShare(run=run, partner=university, purpose="출석 확인과 조 편성")
    rosters.announce(share, by=town.people["programs"])
    for number, student in enumerate(town.students[1 : SEATED + 1], start=1):
        guardian = student.guardianships.first()
        if guardian is None:
            continue
        application = Application.objects.create(
            run=run,
            number=number,
            applicant=guardian.guardian,
            state=Application.State.CONFIRMED,
            confirmed_at=now - timedelta(days=3),
        )
        Participant.objects.create(application=application, run=run, role="student", student=student)


def _visits(town: Town) -> None:
    """What the demo teacher asked for: one request to answer, one with other dates proposed, one fixed."""
    teacher, officer = town.people["teacher"], town.people["programs"]
    program = Program.objects.get(plan_key="school-visit")
    school = visiting.schools_of(teacher)[0]

    def span(days: int, hour: int = 10) -> visiting.Span:
        starts = timezone.make_aware(datetime.combine(timezone.localdate() + timedelta(days=days), time(hour)))
        return visiting.Span(starts, starts + timedelta(hours=2))

    def ask(name: str, heads: int, *times: visiting.Span) -> Visit:
        wish = visiting.Wish(name, heads, "본관 시청각실", "0200000000")
        return visiting.ask(program, school, wish, times, by=teacher)

    ask("1학년 전체", 180, span(21), span(22))
    proposed = ask("2학년 3반", 28, span(14))
    visiting.propose(proposed, [span(16), span(17, 13)], by=officer, message="그날은 다른 학교를 방문합니다.")
    visiting.schedule(ask("2학년 1반", 27, span(10)), span(10), by=officer)
