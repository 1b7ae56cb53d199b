"""An extract is posted as a whole, through the ledger's use cases, or not at all.

Years are shared and all lines locked first, in the order of their keys; then the file is judged once more, so that
what somebody posted meanwhile is known. The digest of a line is unique: it is taken in once, whoever tries.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from accounts.models import User
from budget import ledger
from budget.extracts import judging, mapping, reading
from budget.extracts.judging import Fact, Fate, Report
from budget.ledger import Posting
from budget.models import Entry, Extract, ExtractRow, Stage
from lifecycle.locks import Refused, contended, lock

State = Extract.State
BUSY = "다른 사람이 같은 자료를 처리하고 있습니다. 새로 고쳐 확인해 주세요."


class NotImported(Refused):
    """Nothing was written. ``lines`` says per line what is wrong, where a line is."""

    def __init__(self, message: str, lines: Mapping[int, str] | None = None) -> None:
        super().__init__(message)
        self.lines = dict(lines or {})


def receive(data: bytes, *, name: str, by: User) -> Extract:
    """Take a file in to be looked at; its columns are guessed.

    Raises:
        Unreadable: it holds no table.
    """
    sheet = reading.read(data)
    return Extract.objects.create(
        name=name.strip()[-120:] or "자료",
        digest=sheet.digest,
        header=[cell[:100] for cell in sheet.header],
        rows=[[number, list(cells)] for number, cells in sheet.rows],
        columns=mapping.guess(sheet.header),
        uploaded_by=by,
    )


def say_columns(extract: Extract, columns: Mapping[str, int]) -> Extract:
    """Say which column means what; remembered for the next file with this header."""
    with contended(BUSY, NotImported), transaction.atomic():
        found = _waiting(extract)
        found.columns = mapping.check(found.header, columns)
        found.save(update_fields=["columns"])
        mapping.remember(found.header, found.columns)
    return found


def post(extract: Extract, *, by: User) -> Report:
    """Write every new line into the ledger, or nothing.

    Raises:
        NotImported: a line is wrong or the ledger refuses one; ``lines`` says which and why.
    """
    mapping.check(extract.header, extract.columns)
    first = judging.judge(extract)
    _nothing_wrong(first)
    with contended(BUSY, NotImported), transaction.atomic():
        found = _waiting(extract)
        with ledger.writing([fact.line for fact in first.facts]):
            report = judging.judge(found)
            _nothing_wrong(report)
            written: dict[tuple[str, int, str], Entry] = {}
            for fact in report.new:
                try:
                    fact.entry = _write(fact, written, by)
                except Refused as refused:
                    raise NotImported("예산에 기록할 수 없는 줄이 있습니다.", {fact.number: str(refused)}) from refused
                written[fact.document_no, fact.line.pk, fact.stage] = fact.entry
            _keep(found, report)
            found.move(State.POSTED, by=by)
    return report


def keep(extract: Extract, *, by: User) -> Report:
    """Take the lines in for comparing alone; the ledger stays as it is. They may be posted later.

    Raises:
        NotImported: a line is wrong.
    """
    mapping.check(extract.header, extract.columns)
    with contended(BUSY, NotImported), transaction.atomic():
        found = _waiting(extract)
        report = judging.judge(found)
        _nothing_wrong(report)
        _keep(found, report)
        found.move(State.KEPT, by=by)
    return report


def drop(extract: Extract, *, by: User) -> None:
    """Nothing of it is used; its lines are forgotten. Twice is once."""
    with contended(BUSY, NotImported), transaction.atomic():
        found = lock(Extract.objects.all(), extract.pk)
        if found.state == State.DROPPED:
            return
        if found.state != State.LOOKED_AT:
            raise NotImported("이미 쓰고 있는 자료는 버릴 수 없습니다.")
        found.move(State.DROPPED, by=by, rows=[])


def _waiting(extract: Extract) -> Extract:
    found = lock(Extract.objects.all(), extract.pk)
    if found.state not in (State.LOOKED_AT, State.KEPT):
        raise NotImported(f"이미 처리한 자료입니다({found.get_state_display()}).")
    return found


def _nothing_wrong(report: Report) -> None:
    if report.wrong:
        lines = {fact.number: fact.why for fact in report.wrong}
        raise NotImported(f"고쳐야 할 줄이 {len(lines)}개 있어 아무것도 기록하지 않았습니다.", lines)


def _write(fact: Fact, written: dict[tuple[str, int, str], Entry], by: User) -> Entry:
    posting = Posting(fact.line, fact.stage, fact.amount_won, fact.day, fact.reason, fact.document_no)
    if fact.stage == Stage.COMMITMENT:
        return ledger.post(posting, by=by)
    if fact.stage == Stage.PAYMENT and not fact.before_no:
        return ledger.spend(posting, by=by)
    before = Stage.COMMITMENT if fact.stage == Stage.PAYMENT else Stage.PAYMENT
    settled = written.get((fact.before_no, fact.line.pk, before)) or (
        Entry.objects.select_related("line__year", "program")
        .filter(document_no=fact.before_no, line=fact.line, stage=before, reverses=None, reversal=None)
        .order_by("pk")
        .last()
    )
    if settled is None:
        raise NotImported(f"앞 문서번호 ‘{fact.before_no}’의 기록을 찾지 못했습니다.")
    follow = ledger.pay if fact.stage == Stage.PAYMENT else ledger.give_back
    return follow(
        settled, fact.amount_won, effective_on=fact.day, reason=fact.reason, by=by, document_no=fact.document_no
    )


def _keep(extract: Extract, report: Report) -> None:
    """A row for each line that none stands for yet; one that was only compared learns its entry."""
    for fact in report.facts:
        if fact.row is None:
            ExtractRow.objects.create(
                extract=extract,
                number=fact.number,
                digest=fact.digest,
                document_no=fact.document_no,
                stage=fact.stage,
                line=fact.line,
                amount_won=fact.amount_won,
                effective_on=fact.day,
                reason=fact.reason,
                entry=fact.entry,
            )
        elif fact.row.entry_id is None and fact.entry is not None and fact.fate != Fate.WRONG:
            fact.row.entry = fact.entry
            fact.row.save(update_fields=["entry"])
