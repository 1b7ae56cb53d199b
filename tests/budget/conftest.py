from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import Permission

from accounts.models import User
from budget import ledger
from budget.ledger import Posting
from budget.models import Account, Entry, FiscalYear, Line, Project, Source, Stage

NOW = "2026-11-24 10:00+09:00"


@pytest.fixture
def today():
    """Frozen for whoever asks; races run on the real clock."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def clerk(db):
    return User.objects.create_user("clerk@example.com", name="류예산", is_staff=True)


@pytest.fixture
def boss(db):
    """The team head, who may agree to closing and to overruns."""
    user = User.objects.create_user("boss@example.com", name="박팀장", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["approve_fiscalyear", "view_approval"]))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def detail(db) -> Project:
    """진학 아카데미 below 학력향상 지원 below 진로진학."""
    policy = Project.objects.create(level=1, name="진로진학 지원")
    unit = Project.objects.create(level=2, name="학력향상 지원", parent=policy)
    return Project.objects.create(level=3, name="진학 아카데미", parent=unit)


@pytest.fixture
def make_line(detail) -> Callable[..., Line]:
    def make(year: int = 2026, account: str = "201-03", source: str = Source.DISTRICT, project=None) -> Line:
        return Line.objects.create(
            project=project or detail,
            year=FiscalYear.objects.get_or_create(year=year)[0],
            account=Account.objects.get_or_create(code=account, defaults={"name": "행사운영비"})[0],
            source=source,
        )

    return make


@pytest.fixture
def line(make_line) -> Line:
    return make_line()


@pytest.fixture
def put(clerk) -> Callable[..., Entry]:
    """Post on a line in short words."""

    def put(line: Line, stage: Stage, won: int, day: date = date(2026, 3, 2), **more: object) -> Entry:
        return ledger.post(Posting(line, stage, won, day, "기록", **more), by=clerk)

    return put


@pytest.fixture
def funded(line, put) -> Line:
    """A line with 1,000,000 won."""
    put(line, Stage.BUDGET, 1_000_000)
    return line
