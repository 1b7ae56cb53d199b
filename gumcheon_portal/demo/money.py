"""Invented money of this year, as large as the plan's: voted, moved, bound, paid, some of it for programmes."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from accounts.models import User
from budget import ledger, moves, papers, releasing
from budget.ledger import Posting
from budget.models import Account, FiscalYear, Line, Project, Source, Stage
from budget.reports import REPORTS
from budget.sums import Known
from documents.models import IssuedDocument
from gumcheon_portal.demo.families import Town
from gumcheon_portal.demo.logins import DOMAIN
from programs.models import Program

ACCOUNTS = {
    "201-01": ("사무관리비", "일반운영비"),
    "201-02": ("공공운영비", "일반운영비"),
    "201-03": ("행사운영비", "일반운영비"),
    "206-01": ("재료비", "재료비"),
    "405-01": ("자산및물품취득비", "자산취득비"),
}
CENTRE, ACADEMY, TRIPS = "진로진학지원센터 운영", "진학 아카데미 운영", "진로 체험 프로그램 운영"
# project, 통계목, source, voted: with the 30 million of the grants 1,034 million of the district, and 147 of the city
VOTED = (
    (CENTRE, "201-01", Source.DISTRICT, 382_000_000),
    (CENTRE, "201-02", Source.DISTRICT, 96_000_000),
    (CENTRE, "405-01", Source.DISTRICT, 58_000_000),
    (ACADEMY, "201-01", Source.CITY, 147_000_000),
    (ACADEMY, "201-03", Source.DISTRICT, 214_000_000),
    (TRIPS, "201-03", Source.DISTRICT, 198_000_000),
    (TRIPS, "206-01", Source.DISTRICT, 56_000_000),
)
# month, place in VOTED, bound, paid of it, what for
SPENT = (
    (1, 0, 31_800_000, 31_800_000, "상담사 인건비 1분기"),
    (2, 1, 7_450_000, 7_450_000, "공공요금 상반기"),
    (3, 3, 24_600_000, 24_600_000, "대입 설명회 강사료와 대관"),
    (4, 0, 32_100_000, 32_100_000, "상담사 인건비 2분기"),
    (5, 4, 38_500_000, 35_000_000, "진학 아카데미 상반기 위탁"),
    (6, 2, 18_700_000, 18_700_000, "상담실 책상과 의자"),
    (7, 0, 32_100_000, 32_100_000, "상담사 인건비 3분기"),
    (8, 3, 21_300_000, 14_200_000, "수시 상담 주간 운영"),
    (10, 0, 33_250_500, 33_250_500, "상담사 인건비 4분기"),
    (10, 1, 6_980_000, 6_980_000, "공공요금 하반기"),
)


def fill(town: Town) -> None:
    by, today = town.people["budget"], timezone.localdate()

    def on(month: int, day: int = 10) -> date:
        return min(date(today.year, month, day), today)

    lines = _lines(today.year)
    held = Program.objects.filter(runs__sessions__marks__isnull=False).distinct().order_by("pk")[:2]
    programs = [*held, Program.objects.get(plan_key="career-company")]
    first, voted = date(today.year, 1, 1), f"{today.year}년 본예산"
    for line, (*_, won) in zip(lines, VOTED, strict=True):
        parts = [(program, 6_000_000) for program in programs] if line == lines[5] else []
        parts.append((None, won - sum(part for _, part in parts)))
        for program, part in parts:
            ledger.post(Posting(line, Stage.BUDGET, part, first, voted, program=program), by=by)
    ledger.post(Posting(lines[5], Stage.REVISION, 12_000_000, on(6, 20), "제1회 추경: 체험 회차 늘림"), by=by)
    ledger.post(Posting(lines[1], Stage.REVISION, -12_000_000, on(6, 20), "제1회 추경: 공공요금 절감"), by=by)
    moves.shift(lines[0], lines[2], 3_000_000, effective_on=on(5, 28), reason="상담실 집기 부족분", by=by)
    for number, (month, place, bound, paid, reason) in enumerate(SPENT, start=1):
        entry = ledger.post(
            Posting(lines[place], Stage.COMMITMENT, bound, on(month), reason, f"{today.year}-원인-{number:04}"),
            by=by,
        )
        ledger.pay(
            entry, paid, effective_on=on(month, 25), reason=reason, by=by, document_no=f"{today.year}-지급-{number:04}"
        )
    for number, program in enumerate(programs, start=1):
        posting = Posting(lines[5], Stage.PAYMENT, 1_240_000 * number, on(9), f"{program} 운영", program=program)
        ledger.spend(posting, by=by)
    mistaken = ledger.spend(Posting(lines[6], Stage.PAYMENT, 880_000, on(9, 3), "체험 재료"), by=by)
    ledger.reverse(mistaken, reason="다른 과목의 지출을 잘못 적음", by=by)


def _lines(year: int) -> list[Line]:
    unit = Project.objects.get(level=Project.Level.UNIT, plan_key__isnull=False)
    fiscal, _ = FiscalYear.objects.get_or_create(year=year)
    lines = []
    for name, code, source, _won in VOTED:
        project, _ = Project.objects.get_or_create(parent=unit, name=name, defaults={"level": Project.Level.DETAIL})
        label, group = ACCOUNTS[code]
        account, _ = Account.objects.get_or_create(code=code, defaults={"name": label, "group_name": group})
        lines.append(Line.objects.create(project=project, year=fiscal, account=account, source=source))
    return lines


def print_out() -> None:
    """Two papers, one of them for citizens; outside any transaction, for a paper's number is committed by itself."""
    if IssuedDocument.objects.filter(kind=papers.KINDS["plan"].code).exists():
        return
    by, today = User.objects.get(email=f"budget@{DOMAIN}"), timezone.localdate()
    papers.print_out(REPORTS["monthly"], Known(today), today.year, by=by)
    releasing.release(papers.print_out(REPORTS["plan"], Known(today), today.year, by=by), by=by)
