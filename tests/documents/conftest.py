from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Q

from accounts.models import User
from documents import issue, kinds
from documents.kinds import Kind
from documents.models import IssuedDocument
from tables.values import HIDDEN, Column, Ratio, Row, Table, Unit
from tables.values import Kind as Cells

SEOUL = ZoneInfo("Asia/Seoul")


def _own(user: User) -> Q:
    return kinds.of(User.objects.filter(pk=user.pk))


QUICK = kinds.register(
    Kind(
        code="tests.confirmation",
        label="확인서",
        series="시험",
        template="documents/certificate.html",
        visible=_own,
        person=lambda user: user,
    )
)
SLOW = kinds.register(
    Kind(
        code="tests.figures",
        label="통계",
        series="통계",
        template="documents/figures.html",
        visible=lambda user: Q() if user.is_staff else kinds.NOBODY,
        slow=True,
    )
)


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path) -> Path:
    """Files of this test alone."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def parent(db) -> User:
    return User.objects.create_user("parent@example.com", name="김보호")


@pytest.fixture
def confirm(parent) -> Callable[..., IssuedDocument]:
    """Issue a confirmation to the parent; the wording may be another."""

    def confirm(statement: str = "위와 같이 확인합니다.", **values: object) -> IssuedDocument:
        figures = {"facts": [["학생", "김하늘"], ["상담 일시", "2026. 11. 24.(화) 14:00"]], "statement": statement}
        values = {"title": "상담 예약 확인서", "by": None, "subject": parent, "to": parent.name, **values}
        return issue.issue("tests.confirmation", figures, **values)

    return confirm


@pytest.fixture
def table() -> Table:
    """Two levels of heads, every kind of cell, a total."""
    return Table(
        "monthly",
        "월별 상담 이용",
        "주제",
        (
            Column("예약", group="9월"),
            Column("완료", group="9월"),
            Column("이용률", Cells.RATIO),
            Column("예약", group="10월"),
            Column("예산", Cells.WON, group="10월"),
        ),
        (
            Row("진학상담", (41, 38, Ratio(38, 41), HIDDEN, 12_345_678)),
            Row("학습상담", (20, None, Ratio(0, 0), 22, -500_000)),
            Row("계", (61, 38, Ratio(38, 61), Decimal("22.5"), 11_845_678), total=True),
        ),
        Unit.THOUSAND,
        date(2026, 10, 31),
        ("상담일 기준",),
    )


@pytest.fixture
def dated() -> datetime:
    return datetime(2026, 11, 24, 14, 0, tzinfo=SEOUL)
