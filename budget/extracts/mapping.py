"""What each column means: guessed by its name, said by somebody, remembered for headers of the same shape."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from budget.models import ExtractShape
from lifecycle.locks import Refused


class Meaning(StrEnum):
    """What an extract has to tell, in the order of the form. ``BEFORE`` and ``REASON`` may be missing."""

    DAY = "day"
    STAGE = "stage"
    DOCUMENT = "document"
    BEFORE = "before"
    PROJECT = "project"
    ACCOUNT = "account"
    SOURCE = "source"
    AMOUNT = "amount"
    REASON = "reason"


LABELS = {
    Meaning.DAY: "일자",
    Meaning.STAGE: "구분(원인행위·지출·반납)",
    Meaning.DOCUMENT: "문서번호",
    Meaning.BEFORE: "앞 문서번호(지출의 원인행위번호, 반납의 지급번호)",
    Meaning.PROJECT: "세부사업",
    Meaning.ACCOUNT: "통계목",
    Meaning.SOURCE: "재원",
    Meaning.AMOUNT: "금액(원)",
    Meaning.REASON: "적요",
}
OPTIONAL = frozenset({Meaning.BEFORE, Meaning.REASON})
NAMES = {
    Meaning.DAY: ("일자", "날짜", "처리일자", "지출일자", "원인행위일자", "결의일자"),
    Meaning.STAGE: ("구분", "단계", "처리구분", "집행구분"),
    Meaning.DOCUMENT: ("문서번호", "결의번호", "지급결의번호", "지출결의번호", "번호"),
    Meaning.BEFORE: ("원인행위번호", "앞문서번호", "선행문서번호", "관련번호"),
    Meaning.PROJECT: ("세부사업", "세부사업명", "사업명"),
    Meaning.ACCOUNT: ("통계목", "통계목코드", "통계목명", "예산과목"),
    Meaning.SOURCE: ("재원", "재원구분", "재원명"),
    Meaning.AMOUNT: ("금액", "집행액", "지출액", "원인행위액"),
    Meaning.REASON: ("적요", "내용", "건명", "사유"),
}


class NotSaid(Refused):
    """A column that is needed has no meaning, or one column has two."""


def shape(header: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(header).encode()).hexdigest()


def guess(header: Sequence[str]) -> dict[str, int]:
    """By what was said last about this header, else by the names."""
    known = ExtractShape.objects.filter(digest=shape(header)).first()
    if known is not None:
        return dict(known.columns)
    plain = [re.sub(r"\(.*?\)|[\s·.]", "", name) for name in header]  # 금액(원), 원인행위 번호
    found: dict[str, int] = {}
    for meaning, names in NAMES.items():
        place = next((plain.index(name) for name in names if name in plain), None)
        if place is not None and place not in found.values():
            found[meaning.value] = place
    return found


def check(header: Sequence[str], columns: Mapping[str, int]) -> dict[str, int]:
    """Raises ``NotSaid``."""
    missing = [LABELS[one] for one in Meaning if one not in OPTIONAL and one.value not in columns]
    if missing:
        raise NotSaid(f"어느 열인지 골라 주세요: {', '.join(missing)}")
    places = list(columns.values())
    if len(set(places)) < len(places) or any(not 0 <= place < len(header) for place in places):
        raise NotSaid("한 열을 두 가지로 고를 수 없습니다. 열마다 하나씩 골라 주세요.")
    return {Meaning(name).value: place for name, place in columns.items()}


def remember(header: Sequence[str], columns: Mapping[str, int]) -> None:
    ExtractShape.objects.update_or_create(
        digest=shape(header), defaults={"header": list(header), "columns": dict(columns)}
    )
