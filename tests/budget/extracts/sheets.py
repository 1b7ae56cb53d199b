"""Files as e호조 and spreadsheets write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook

HEADER = ("일자", "구분", "지급결의번호", "원인행위번호", "세부사업", "통계목", "재원", "금액(원)", "적요")


def row(**changes: object) -> list[object]:
    """A payment of 100,000 won in one go, but for ``changes`` by the name of the column."""
    usual: dict[str, object] = {
        "일자": "2026-03-02",
        "구분": "지출",
        "지급결의번호": "지-1",
        "원인행위번호": "",
        "세부사업": "진학 아카데미",
        "통계목": "201-03",
        "재원": "구비",
        "금액(원)": 100_000,
        "적요": "강사료",
    }
    return list({**usual, **changes}.values())


def as_csv(rows: Sequence[Sequence[object]], *, header: Sequence[str] = HEADER, encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Sequence[object]], *, header: Sequence[str] = HEADER) -> bytes:
    book = Workbook()
    for cells in (header, *rows):
        book.active.append(list(cells))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
