"""How long issued papers about people are kept. Papers about nobody (statistics) are the centre's records and stay."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction

from documents.models import IssuedDocument, Lending, Print
from lifecycle.retention import Kind, Period, register


def _over(before: datetime) -> models.QuerySet:
    return IssuedDocument.objects.filter(issued_at__lt=before).exclude(issued_to="")


def destroy(rows: models.QuerySet) -> int:
    """The rows at once, their files when the transaction is sure; the register keeps the count of both."""
    files = [row.stored for row in Print.objects.filter(paper__in=rows.values("pk"))]
    gone = rows.delete()[1].get(IssuedDocument._meta.label, 0)
    transaction.on_commit(lambda: [file.storage.delete(file.name) for file in files])
    return gone


register(
    Kind(
        code="documents.issued",
        label="개인에게 발급한 문서",
        basis="개인정보 보호법 제21조(발급일부터 3년, 상담 예약·이용 기록과 같은 기간)",
        period=Period(years=3),
        expired=_over,
        born="issued_at",
        destroy=destroy,
        method="데이터베이스와 저장소에서 삭제(복구 불가)",
    )
)


def _lent(before: datetime) -> models.QuerySet:
    return Lending.objects.filter(until__lt=before)


register(
    Kind(
        code="documents.lending",
        label="문서 내려받기 주소와 내려받은 기록",
        basis="개인정보 보호법 제21조(기한이 지난 날부터 2년, 접속기록과 같은 기간)",
        period=Period(years=2),
        expired=_lent,
        born="made_at",
    )
)
