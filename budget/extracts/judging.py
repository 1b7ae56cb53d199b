"""What each line of an extract is: new, known, or wrong and why. Nothing is written here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from django.utils import timezone

from budget.extracts.mapping import Meaning
from budget.models import Entry, Extract, ExtractRow, Line, Source, Stage

STAGES = {
    **dict.fromkeys(("원인행위", "지출원인행위", "계약"), Stage.COMMITMENT),
    **dict.fromkeys(("지출", "지급", "지출결의", "지급결의"), Stage.PAYMENT),
    **dict.fromkeys(("반납", "여입", "지출반납"), Stage.RETURN),
}
DAY = re.compile(r"(\d{4})\s*[-./년]?\s*(\d{1,2})\s*[-./월]?\s*(\d{1,2})\s*[.일]?(?:\s+00:00(?::00)?)?")
CODE = re.compile(r"\d{3}-\d{2}")
MOST_WON = 10**12


class Fate(StrEnum):
    NEW = "new"
    KNOWN = "known"
    WRONG = "wrong"


@dataclass
class Fact:
    """One line, understood as far as it could be; ``why`` says what is wrong with it."""

    number: int
    fate: Fate = Fate.NEW
    why: str = ""
    day: date | None = None
    stage: Stage | None = None
    document_no: str = ""
    before_no: str = ""
    line: Line | None = None
    amount_won: int = 0
    reason: str = ""
    digest: str = ""
    entry: Entry | None = None
    row: ExtractRow | None = None
    cells: tuple[str, ...] = field(default_factory=tuple)

    def refuse(self, why: str) -> None:
        self.fate, self.why = Fate.WRONG, self.why or why


@dataclass(frozen=True)
class Report:
    facts: list[Fact]

    def of(self, fate: Fate) -> list[Fact]:
        return [fact for fact in self.facts if fact.fate == fate]

    @property
    def wrong(self) -> list[Fact]:
        return self.of(Fate.WRONG)

    @property
    def new(self) -> list[Fact]:
        return self.of(Fate.NEW)

    @property
    def known(self) -> list[Fact]:
        return self.of(Fate.KNOWN)

    @property
    def new_won(self) -> int:
        return sum(fact.amount_won for fact in self.new)


def judge(extract: Extract) -> Report:
    """Every line, with what the ledger and earlier extracts know of it, in a handful of queries."""
    lines = _lines()
    facts = [_fact(number, tuple(cells), extract.columns, lines) for number, cells in extract.rows]
    whole = [fact for fact in facts if fact.fate != Fate.WRONG]
    rows = {row.digest: row for row in ExtractRow.objects.filter(digest__in=[fact.digest for fact in whole])}
    here = _here(whole)
    seen: dict[str, int] = {}
    for fact in whole:
        if fact.digest in seen:
            fact.refuse(f"{seen[fact.digest]}번째 줄과 똑같습니다. 두 번 적힌 줄을 지워 주세요.")
            continue
        seen[fact.digest] = fact.number
        fact.row = rows.get(fact.digest)
        if fact.row is not None and fact.row.entry_id is not None:
            fact.fate, fact.entry = Fate.KNOWN, fact.row.entry
            continue
        _compare(fact, here.get((fact.document_no, fact.line.pk, fact.stage), []))
    _chain([fact for fact in whole if fact.fate == Fate.NEW], facts)
    return Report(facts)


def _lines() -> dict[tuple[int, str, str, str], Line]:
    """Lines by year, project, account and source, as officials write them: the code or the name."""
    found: dict[tuple[int, str, str, str], Line] = {}
    for line in Line.objects.for_page():
        if line.account is None:
            continue
        for project in filter(None, {_plain(line.project.name), _plain(line.project.code)}):
            for account in {line.account.code, _plain(line.account.name)}:
                found[line.year.year, project, account, line.get_source_display()] = line
    return found


def _fact(
    number: int, cells: tuple[str, ...], columns: Mapping[str, int], lines: dict[tuple[int, str, str, str], Line]
) -> Fact:
    def cell(meaning: Meaning) -> str:
        place = columns.get(meaning.value)
        return cells[place] if place is not None else ""

    fact = Fact(number, cells=cells, document_no=cell(Meaning.DOCUMENT)[:50], before_no=cell(Meaning.BEFORE)[:50])
    fact.reason = (cell(Meaning.REASON) or f"e호조 자료 {fact.document_no}")[:200]
    for problem in _problems(fact, cell, lines):
        fact.refuse(problem)
    if fact.fate != Fate.WRONG:
        said = (
            fact.document_no, fact.before_no, fact.stage.value, fact.line.pk, fact.amount_won, fact.day.isoformat(),
            fact.reason,
        )  # fmt: skip
        fact.digest = hashlib.sha256("\0".join(map(str, said)).encode()).hexdigest()
    return fact


def _problems(fact: Fact, cell, lines: dict[tuple[int, str, str, str], Line]) -> Iterator[str]:
    if not fact.document_no:
        yield "문서번호가 없습니다."
    if (stage := STAGES.get(_plain(cell(Meaning.STAGE)))) is None:
        yield f"구분 ‘{cell(Meaning.STAGE)}’을(를) 모릅니다. 원인행위, 지출, 반납 가운데 하나로 적어 주세요."
    fact.stage = stage
    if (day := _day(cell(Meaning.DAY))) is None:
        yield f"일자 ‘{cell(Meaning.DAY)}’을(를) 읽을 수 없습니다. 2026-03-02처럼 적어 주세요."
    elif day > timezone.localdate():
        yield "앞날의 일자입니다."
    fact.day = day
    won = _won(cell(Meaning.AMOUNT))
    if won is None or not 0 < won <= MOST_WON:
        yield f"금액 ‘{cell(Meaning.AMOUNT)}’이(가) 맞지 않습니다. 0보다 큰 원 단위 숫자로 적어 주세요."
    fact.amount_won = won or 0
    if day is None:
        return
    source = _plain(cell(Meaning.SOURCE))
    account = CODE.search(cell(Meaning.ACCOUNT))
    key = (day.year, _plain(cell(Meaning.PROJECT)), account[0] if account else _plain(cell(Meaning.ACCOUNT)), source)
    if source not in Source.labels:
        yield f"재원 ‘{cell(Meaning.SOURCE)}’을(를) 모릅니다. 국비, 시비, 구비, 민간, 기타 가운데 하나로 적어 주세요."
    elif (line := lines.get(key)) is None:
        yield f"{day.year}년도 ‘{cell(Meaning.PROJECT)} {cell(Meaning.ACCOUNT)} {source}’ 예산 과목이 없습니다."
    else:
        fact.line = line
        if not line.year.is_open:
            yield f"{line.year} 예산은 마감되었습니다."


def _here(facts: list[Fact]) -> dict[tuple[str, int, str], list[Entry]]:
    """Entries that stand, by document number, line and stage."""
    found: dict[tuple[str, int, str], list[Entry]] = {}
    numbers = {fact.document_no for fact in facts} | {fact.before_no for fact in facts}
    for entry in Entry.objects.filter(document_no__in=numbers - {""}, reverses=None, reversal=None):
        found.setdefault((entry.document_no, entry.line_id, entry.stage), []).append(entry)
    return found


def _compare(fact: Fact, entries: list[Entry]) -> None:
    """Somebody may have written it down by hand: the same is known, another sum under the same number is wrong."""
    if not entries:
        return
    same = [one for one in entries if (one.amount_won, one.effective_on) == (fact.amount_won, fact.day)]
    if same:
        fact.fate, fact.entry = Fate.KNOWN, same[0]
    else:
        one = entries[0]
        fact.refuse(
            f"같은 문서번호로 {one.amount_won:,}원({one.effective_on.isoformat()})이 이미 기록되어 있습니다. "
            "어느 쪽이 맞는지 확인해 주세요."
        )


def _chain(new: list[Fact], facts: list[Fact]) -> None:
    """A return needs its payment, and a payment that names a commitment needs that one, here or further up."""
    coming = {(fact.document_no, fact.line.pk, fact.stage): fact.number for fact in facts if fact.line and fact.stage}
    wanted = {Stage.PAYMENT: Stage.COMMITMENT, Stage.RETURN: Stage.PAYMENT}
    standing = _here(new)
    for fact in new:
        before = wanted.get(fact.stage)
        if before is None or (fact.stage == Stage.PAYMENT and not fact.before_no):
            continue
        key = (fact.before_no, fact.line.pk, before)
        if not fact.before_no:
            fact.refuse("반납한 지출의 문서번호(앞 문서번호)를 적어 주세요.")
        elif key not in standing and coming.get(key, fact.number) >= fact.number:
            fact.refuse(f"앞 문서번호 ‘{fact.before_no}’의 {before.label} 기록을 이 과목에서 찾지 못했습니다.")


def _plain(text: str) -> str:
    return " ".join(text.split())


def _day(text: str) -> date | None:
    found = DAY.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _won(text: str) -> int | None:
    typed = re.sub(r"[\s,원]", "", text)
    return int(typed) if re.fullmatch(r"[0-9]{1,15}", typed, re.ASCII) else None
