"""교부 결정 통지서: the letter that tells a school what it got, for what, and by when to settle."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import User
from budget.grants.applying import NotNow
from budget.models import GrantApplication
from documents import issue, kinds
from documents.kinds import Kind
from documents.models import IssuedDocument
from krds.dates import kdate


def _visible(user: User) -> Q:
    return kinds.of(GrantApplication.objects.visible_to(user))


LETTER = kinds.register(
    Kind(
        code="budget.grant_letter",
        label="교부 결정 통지서",
        series="교부",
        template="documents/budget/grant_letter.html",
        visible=_visible,
    )
)


def letter(application: GrantApplication, *, by: User) -> IssuedDocument:
    """The letter of a grant. Asked again it is the same paper with the same number.

    Raises:
        NotNow: nothing was granted.
    """
    found = GrantApplication.objects.for_page().get(pk=application.pk)
    if found.state not in GrantApplication.GRANTEES:
        raise NotNow("교부가 결정된 신청만 통지서를 받을 수 있습니다.")
    return issue.issue(
        LETTER.code,
        _figures(found),
        title=f"{found.call.title} 교부 결정 통지",
        by=by,
        subject=found,
        to=found.school.name,
    )


def _figures(found: GrantApplication) -> dict[str, Any]:
    decided = found.commitment.effective_on
    return {
        "receiver": f"{found.school.name}장",
        "items": [
            {"text": f"‘{found.call.title}’에 신청한 귀교의 사업에 대하여 다음과 같이 보조금 교부를 결정하였기에 알립니다.", "parts": []},
            {
                "text": "교부 내용",
                "parts": [
                    f"사업 이름: {found.title}",
                    f"접수 번호: {found.label_number}",
                    f"교부 결정액: 금{found.granted_won:,}원",
                    f"신청액: 금{found.asked_won:,}원",
                    f"결정일: {kdate(decided)}",
                    f"예산 과목: {found.call.line.project} ({found.call.line.get_source_display()})",
                ],
            },
            {
                "text": "지켜야 할 것",
                "parts": [
                    "보조금은 교부 결정한 사업에만 쓰고, 수입과 지출을 다른 회계와 나누어 적는다.",
                    f"사업을 마치면 {kdate(found.call.settle_by)}까지 누리집에서 정산을 보고하고 증빙을 낸다.",
                    "쓰고 남은 금액과 그 이자는 정산 확정 뒤 반납한다.",
                ],
            },
        ],
        "enclosures": [],
    }  # fmt: skip
