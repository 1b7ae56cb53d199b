"""Invented grants: one call that schools may apply to now, and one that was decided, paid in part and refused in part."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from accounts.models import Affiliation, School, User
from budget import ledger
from budget.grants import applying, calling, deciding, paying, reviewing
from budget.grants.applying import Cost, Draft
from budget.grants.deciding import Wish
from budget.ledger import Posting
from budget.models import Account, FiscalYear, GrantApplication, GrantCall, GrantReviewer, Line, Project, Source, Stage
from gumcheon_portal.demo.families import Town
from lifecycle import approval
from lifecycle.models import Approval

ACCOUNTS = (("201-03", "행사운영비"), ("201-01", "사무관리비"), ("206-01", "재료비"))
CRITERIA = (("사업의 필요성", 30), ("계획의 구체성", 40), ("예산의 타당성", 30))
QUESTIONS = ("학생 몇 명이 참여합니까?", "사업이 끝난 뒤에 무엇이 남습니까?")
# school, project, asked, points by criterion, granted
DECIDED = (
    ("새벽별중학교", "별을 보는 진로 탐험대", 4_500_000, (28, 36, 25), 4_000_000),
    ("노을빛중학교", "마을 직업인 만나기", 3_000_000, (25, 33, 27), 3_000_000),
    ("달무리초등학교", "꿈 상자 만들기", 2_400_000, (20, 22, 18), 0),
)


def fill(town: Town) -> None:
    clerk, boss = town.people["budget"], town.people["approver"]
    writer = town.people["school"]
    now = timezone.now()
    line = _line(clerk)
    decided = _call(line, f"{line.year.year} 금빛학교", 12_000_000, clerk, boss)
    for name, *_rest in DECIDED:
        _in_charge(writer, name, clerk)
    for name, title, asked, points, _won in DECIDED:
        found = _send(decided, School.objects.get(name=name), title, asked, writer)
        weights = decided.criteria.values_list("pk", flat=True)
        reviewing.rate(found, dict(zip(weights, points, strict=True)), by=clerk, remark="")
    _decide(decided, clerk, boss)
    GrantCall.objects.filter(pk=decided.pk).update(
        opens_at=now - timedelta(days=60), closes_at=now - timedelta(days=40), published_at=now - timedelta(days=70)
    )
    _money(decided, writer, clerk)

    open_call = _call(line, f"{line.year.year + 1} 금빛학교 겨울 공모", 8_000_000, clerk, boss)
    _send(open_call, School.objects.get(name="새벽별중학교"), "겨울 진로 캠프", 3_200_000, writer)
    applying.start(open_call, School.objects.get(name="노을빛중학교"), by=writer)


def _line(clerk: User) -> Line:
    year = timezone.localdate().year
    parent = None
    for level, name in enumerate(("교육경비 지원", "학교 교육 지원", "금빛학교"), start=1):
        parent, _made = Project.objects.get_or_create(level=level, name=name, parent=parent)
    line, _made = Line.objects.get_or_create(
        project=parent,
        year=FiscalYear.objects.get_or_create(year=year)[0],
        account=Account.objects.get_or_create(code="308-08", defaults={"name": "교육기관에 대한 보조"})[0],
        source=Source.DISTRICT,
    )
    ledger.post(Posting(line, Stage.BUDGET, 30_000_000, date(year, 1, 2), "본예산 금빛학교"), by=clerk)
    return line


def _call(line: Line, title: str, budget_won: int, clerk: User, boss: User) -> GrantCall:
    now = timezone.now()
    call = GrantCall.objects.create(
        title=title,
        about="학교가 스스로 짠 진로·진학 교육을 지원합니다. 강사비, 재료비, 체험 활동비로 쓸 수 있습니다.",
        line=line,
        budget_won=budget_won,
        ceiling_won=5_000_000,
        opens_at=now - timedelta(days=3),
        closes_at=now + timedelta(days=14),
        settle_by=timezone.localdate(now) + timedelta(days=25),
    )
    call.accounts.set(Account.objects.get_or_create(code=code, defaults={"name": name})[0] for code, name in ACCOUNTS)
    for position, (name, weight) in enumerate(CRITERIA, start=1):
        call.criteria.create(name=name, weight=weight, position=position)
    for position, text in enumerate(QUESTIONS, start=1):
        call.questions.create(text=text, position=position)
    call.papers.create(name="사업계획서", required=False)
    GrantReviewer.objects.create(call=call, user=clerk)
    return calling.publish(call, by=boss)


def _in_charge(writer: User, school: str, clerk: User) -> None:
    Affiliation.objects.create(
        user=writer,
        role=Affiliation.Role.SCHOOL,
        school=School.objects.get(name=school),
        confirmed_at=timezone.now(),
        confirmed_by=clerk,
    )


def _send(call: GrantCall, school: School, title: str, won: int, writer: User) -> GrantApplication:
    found = applying.start(call, school, by=writer)
    first, second, third = call.accounts.order_by("code")
    costs = (
        Cost(second, won // 2, "강사비 250,000원 × 횟수"),
        Cost(first, won // 4, "안내문과 사무용품"),
        Cost(third, won - won // 2 - won // 4, "체험 재료"),
    )
    answers = dict(zip(call.questions.values_list("pk", flat=True), ("2학년 120명", "학교 진로 자료집"), strict=True))
    draft = Draft(title, "학생이 직업인을 만나고 스스로 길을 그려 봅니다.", costs, answers, found.revision)
    return applying.submit(found, draft, by=writer)


def _decide(call: GrantCall, clerk: User, boss: User) -> None:
    wishes = [
        Wish(call.applications.get(school__name=name), won, "" if won else "심사 순위에 들지 못함")
        for name, _title, _asked, _points, won in DECIDED
    ]
    decision = deciding.propose(call, wishes, by=clerk, reason="심사 결과에 따름")
    asked = Approval.objects.of(decision).get()
    approval.approve(asked, by=User.objects.get(pk=boss.pk), seen=asked.digest)


def _money(call: GrantCall, writer: User, clerk: User) -> None:
    first, second = (call.applications.get(school__name=name) for name in ("새벽별중학교", "노을빛중학교"))
    payment = paying.ask(first, 4_000_000, remark="전액, 강사비와 재료비", by=writer)
    paying.pay(payment, effective_on=timezone.localdate(), document_no="지급-체험-001", by=clerk)
    paying.ask(second, 1_500_000, remark="1차, 강사비", by=writer)
