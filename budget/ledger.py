"""Posting to the ledger: the only module that writes entries.

Every use case locks the fiscal years (shared), then its lines in the order of their keys, sums, and writes
(``docs/locks.md``). Nothing is bound or paid beyond what is left unless a second person says so
(``budget.overrun``). The database adds up and refuses every later change.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from budget import balance
from budget.balance import Balance
from budget.models import Entry, FiscalYear, Line, Stage
from lifecycle.locks import Refused, contended, lock_all, share
from lifecycle.models import Approval
from programs.models import Program

if TYPE_CHECKING:
    from accounts.models import User

CONTENDED = "다른 사람이 같은 예산 과목에 기록하고 있습니다. 남은 금액을 확인하고 다시 눌러 주세요."


class NotPosted(Refused):
    """Nothing was written; the message says why."""


class NotEnough(NotPosted):
    """More than is left. ``left`` is what could still be bound, in won."""

    def __init__(self, message: str, left: int) -> None:
        super().__init__(message)
        self.left = left


@dataclass(frozen=True)
class Posting:
    """One entry to be. ``amount_won`` is positive but for a 추경 that takes away."""

    line: Line
    stage: Stage
    amount_won: int
    effective_on: date
    reason: str
    document_no: str = ""
    program: Program | None = None
    settles: Entry | None = None
    carry: str = ""


DONE = frozenset({Stage.COMMITMENT, Stage.PAYMENT, Stage.RETURN})  # has happened when it is written down
EARLY = frozenset({Stage.BUDGET, Stage.NEED, Stage.CARRIED_IN})  # may be decided before the year begins
PLAIN = frozenset({Stage.NEED, Stage.BUDGET, Stage.REVISION, Stage.ALLOTMENT, Stage.COMMITMENT})


def post(posting: Posting, *, by: User, approval: Approval | None = None) -> Entry:
    """Write one entry of a stage that stands for itself: 수요, 편성, 추경, 배정, 원인행위.

    Raises:
        NotEnough: more than is left, without ``approval``.
        NotPosted: the year is closed, the day lies outside it, or the amount is none.
    """
    if posting.stage not in PLAIN:
        raise NotPosted(f"‘{posting.stage.label}’은(는) 이 화면에서 적을 수 없습니다.")
    _has_happened(posting)
    with writing([posting.line]) as before:
        (entry,) = write([posting], by=by, before=before, approval=approval)
    return entry


def pay(
    commitment: Entry,
    amount_won: int,
    *,
    effective_on: date,
    reason: str,
    by: User,
    document_no: str = "",
) -> Entry:
    """Pay out of a commitment, in whole or in part.

    Raises:
        NotPosted: more than the commitment has left, or it was reversed.
    """
    posting = Posting(
        commitment.line, Stage.PAYMENT, amount_won, effective_on, reason, document_no, commitment.program, commitment
    )
    _has_happened(posting)
    with writing([commitment.line]) as before:
        left = unsettled(commitment)
        if amount_won > left:
            raise NotPosted(f"이 원인행위에서 더 지출할 수 있는 금액은 {left:,}원입니다.")
        (entry,) = write([posting], by=by, before=before)
    return entry


def spend(posting: Posting, *, by: User, approval: Approval | None = None) -> Entry:
    """Commit and pay in one go, for small things that are bought without a contract. Gives the payment."""
    _has_happened(replace(posting, stage=Stage.PAYMENT))
    pair = uuid.uuid4()
    with writing([posting.line]) as before:
        (commitment,) = write(
            [replace(posting, stage=Stage.COMMITMENT)], by=by, before=before, approval=approval, pair=pair
        )
        paying = replace(posting, stage=Stage.PAYMENT, settles=commitment)
        (payment,) = write([paying], by=by, before=before, pair=pair)
    return payment


def give_back(
    payment: Entry, amount_won: int, *, effective_on: date, reason: str, by: User, document_no: str = ""
) -> Entry:
    """Money that was paid comes back (반납); it can be used again while the year is open.

    Raises:
        NotPosted: more than was paid.
    """
    posting = Posting(
        payment.line, Stage.RETURN, amount_won, effective_on, reason, document_no, payment.program, payment
    )
    _has_happened(posting)
    with writing([payment.line]) as before:
        left = unsettled(payment)
        if amount_won > left:
            raise NotPosted(f"이 지출에서 더 돌려받을 수 있는 금액은 {left:,}원입니다.")
        (entry,) = write([posting], by=by, before=before)
    return entry


def reverse(entry: Entry, *, reason: str, by: User) -> list[Entry]:
    """Take an entry back by its mirror image, both legs where it has two; dated like the entry itself.

    Raises:
        NotPosted: it is a reversal or reversed already, or something was built on it.
        NotEnough: the money that it brought is bound by now.
    """
    if not reason.strip():
        raise NotPosted("취소하는 사유를 적어 주세요.")
    legs = list(Entry.objects.filter(pair=entry.pair).order_by("pk")) if entry.pair else [entry]
    with writing([leg.line for leg in legs]) as before:
        for leg in legs:
            if leg.reverses_id or Entry.objects.filter(reverses=leg).exists():
                raise NotPosted("이미 취소했거나 취소를 적은 기록입니다.")
            built = Entry.objects.filter(settles=leg).exclude(pk__in=[one.pk for one in legs])
            if (built.aggregate(sum=Sum("amount_won"))["sum"] or 0) != 0:
                raise NotPosted("이 기록에 이어진 지출이나 반납이 있습니다. 그 기록부터 취소해 주세요.")
        pair = uuid.uuid4() if entry.pair else None
        mirrors = [_mirror(leg, reason.strip(), by, pair) for leg in reversed(legs)]
        for mirror in mirrors:
            mirror.save(force_insert=True)
        _check(before, {leg.line_id for leg in legs}, approval=None)
    return mirrors


def correct(entry: Entry, posting: Posting, *, reason: str, by: User) -> Entry:
    """Reverse ``entry`` and write ``posting`` in its place, both or neither.

    Raises:
        NotPosted: as ``reverse`` and ``post``
    """
    with contended(CONTENDED, NotPosted), transaction.atomic():
        reverse(entry, reason=reason, by=by)
        if posting.stage == Stage.PAYMENT and posting.settles is not None:
            return pay(
                posting.settles,
                posting.amount_won,
                effective_on=posting.effective_on,
                reason=posting.reason,
                by=by,
                document_no=posting.document_no,
            )
        return post(posting, by=by)


def unsettled(entry: Entry) -> int:
    """What of a commitment is neither paid nor carried over, or of a payment not given back, in won."""
    if Entry.objects.filter(reverses=entry).exists():
        return 0
    return entry.amount_won - (Entry.objects.filter(settles=entry).aggregate(sum=Sum("amount_won"))["sum"] or 0)


# --- What every use case does ---------------------------------------------------------------------
@contextmanager
def writing(lines: Iterable[Line]) -> Iterator[dict[int, Balance]]:
    """A transaction that holds the years and the lines, with the lines' balances as they are.

    Raises:
        NotPosted: a year is closed, or a lost race.
    """
    rows = {line.pk: line for line in lines}
    with contended(CONTENDED, NotPosted), transaction.atomic():
        years = {line.year_id for line in rows.values()}
        share(FiscalYear, years)
        for year in FiscalYear.objects.filter(pk__in=years, state=FiscalYear.State.CLOSED):
            raise NotPosted(f"{year} 예산은 마감되었습니다. 고치려면 마감을 푸는 결재를 받아 주세요.")
        lock_all(Line.objects.all(), rows)
        yield balance.of_lines(rows)


def write(
    postings: Sequence[Posting],
    *,
    by: User | None,
    before: dict[int, Balance],
    approval: Approval | None = None,
    pair: uuid.UUID | None = None,
) -> list[Entry]:
    """Insert ``postings`` inside ``writing`` and see that no line is overdrawn by them."""
    for posting in postings:
        _sane(posting)
    entries = [
        Entry.objects.create(
            line=posting.line,
            stage=posting.stage,
            amount_won=posting.amount_won,
            effective_on=posting.effective_on,
            document_no=posting.document_no.strip(),
            reason=posting.reason.strip(),
            carry=posting.carry,
            program=posting.program,
            settles=posting.settles,
            recorded_by=by,
            pair=pair,
            approval=approval,
        )
        for posting in postings
    ]
    _check(before, {posting.line.pk for posting in postings}, approval=approval)
    return entries


def _sane(posting: Posting) -> None:
    """What a posting must say, whoever makes it."""
    if posting.amount_won == 0:
        raise NotPosted("금액을 적어 주세요.")
    if posting.amount_won < 0 and posting.stage != Stage.REVISION:
        raise NotPosted("금액은 0보다 커야 합니다. 줄이는 것은 추경(감액)이나 취소로 적습니다.")
    if not posting.reason.strip():
        raise NotPosted("적요를 적어 주세요.")
    if posting.stage == Stage.NEED:
        return  # what is needed in a later year is said before that year
    year = posting.line.year.year
    if posting.stage not in EARLY and posting.effective_on.year != year:
        raise NotPosted(f"{year}년도 예산의 기록은 {year}년 안의 날짜로 적어 주세요.")


def _has_happened(posting: Posting) -> None:
    if posting.stage in DONE and posting.effective_on > timezone.localdate():
        raise NotPosted("앞날의 날짜로는 적을 수 없습니다.")


def _check(before: dict[int, Balance], lines: Iterable[int], *, approval: Approval | None) -> None:
    """Refuse what leaves a line worse than it was and overdrawn."""
    after = balance.of_lines(lines)
    for key, now in after.items():
        was = before[key]
        if now.allotted and now.allotted > now.current and now.allotted - now.current > was.allotted - was.current:
            raise NotPosted(f"배정은 예산현액({now.current:,}원)을 넘을 수 없습니다.")
        if now.left < 0 and now.left < was.left and approval is None:
            raise NotEnough(_itemised(was), max(was.left, 0))
        before[key] = now


def _itemised(was: Balance) -> str:
    """Where the money is, so that whoever is refused knows what binds it."""
    parts = [f"예산현액 {was.current:,}원"]
    if was.allotted:
        parts.append(f"배정 {was.allotted:,}원")
    parts.append(f"원인행위 {was.committed:,}원(그 가운데 지출 {was.paid:,}원)")
    if was.carried_out:
        parts.append(f"이월 {was.carried_out:,}원")
    if was.lapsed:
        parts.append(f"불용 {was.lapsed:,}원")
    return f"남은 금액은 {max(was.left, 0):,}원입니다({', '.join(parts)}). 더 쓰려면 승인을 요청해 주세요."


def _mirror(entry: Entry, reason: str, by: User, pair: uuid.UUID | None) -> Entry:
    return Entry(
        line=entry.line,
        stage=entry.stage,
        amount_won=-entry.amount_won,
        effective_on=entry.effective_on,
        document_no=entry.document_no,
        reason=reason,
        carry=entry.carry,
        program=entry.program,
        settles=entry.settles,
        reverses=entry,
        recorded_by=by,
        pair=pair,
    )
