from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Affiliation, School, User
from budget.grants import applying, filing
from budget.models import Account, GrantApplication, GrantCall, GrantReviewer, Stage
from lifecycle import approval
from tests.budget.grants.granting import asked, draft, may, pdf, rate


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def grant_line(line, put):
    put(line, Stage.BUDGET, 10_000_000)
    return line


@pytest.fixture
def account(line) -> Account:
    return line.account


@pytest.fixture
def call(grant_line, account) -> GrantCall:
    """Open for a week, 3,000,000 won in all, 2,000,000 a school."""
    now = timezone.now()
    made = GrantCall.objects.create(
        title="2026 금빛학교",
        about="진로 교육을 지원합니다.",
        line=grant_line,
        budget_won=3_000_000,
        ceiling_won=2_000_000,
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=7),
        settle_by=timezone.localdate(now) + timedelta(days=30),
        published_at=now - timedelta(days=1),
    )
    made.accounts.add(account)
    made.criteria.create(name="필요성", weight=40, position=1)
    made.criteria.create(name="계획의 구체성", weight=60, position=2)
    made.papers.create(name="사업계획서")
    made.questions.create(text="몇 명이 참여합니까?")
    return made


@pytest.fixture
def make_school(db) -> Callable[..., tuple[School, User]]:
    def make(name: str = "새빛중학교") -> tuple[School, User]:
        n = School.objects.count() + 1
        school = School.objects.create(
            office_code="B10", neis_code=f"70{n:05}", name=name, kind=School.Kind.MIDDLE, is_local=True
        )
        user = User.objects.create_user(f"school{n}@example.com", name="한담당")
        Affiliation.objects.create(user=user, role=Affiliation.Role.SCHOOL, school=school, confirmed_at=timezone.now())
        return school, user

    return make


@pytest.fixture
def reviewer(call) -> User:
    user = may(User.objects.create_user("reader@example.com", name="오심사", is_staff=True), "review_grants")
    GrantReviewer.objects.create(call=call, user=user)
    return user


@pytest.fixture
def head(db) -> User:
    """Who decides about grants."""
    user = User.objects.create_user("head@example.com", name="나과장", is_staff=True)
    return may(user, "approve_grants", "view_grantapplication")


@pytest.fixture
def sent(call, make_school) -> Callable[..., GrantApplication]:
    """An application that a school has sent in."""

    def make(name: str = "새빛중학교", won: int = 1_500_000) -> GrantApplication:
        school, user = make_school(name)
        found = applying.start(call, school, by=user)
        filing.receive(found, paper=call.papers.get(), name="계획.pdf", data=pdf(), by=user)
        return applying.submit(found, draft(found, won), by=user)

    return make


@pytest.fixture
def granted(sent, reviewer, call, clerk, head) -> GrantApplication:
    """1,200,000 won of 1,500,000 asked for."""
    found = sent()
    rate(found, reviewer, 30, 50)
    request = asked(call, clerk, (found, 1_200_000))
    approval.approve(request, by=head, seen=request.digest)
    return GrantApplication.objects.get(pk=found.pk)
