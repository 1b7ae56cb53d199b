"""A school applies: draft, send, withdraw; staff ask for corrections.

Every step holds the call's row, then the application's (``docs/locks.md``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import School, User
from budget.grants import notices as say
from budget.models import Account, GrantApplication, GrantCall, GrantLine
from budget.models.grants import schools_of
from krds.dates import kdatetime
from lifecycle.locks import Refused, contended, lock

State = GrantApplication.State
LONGEST_ANSWER = 2_000


class NotNow(Refused):
    """The application does not allow it in the state it is in, or who asks may not."""


class Incomplete(NotNow):
    """Something is missing; ``missing`` says each thing in a sentence."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(" ".join(missing))
        self.missing = missing


@dataclass(frozen=True)
class Cost:
    """What a school wants to spend on one 통계목, in won, and how it comes to that."""

    account: Account
    amount_won: int
    basis: str


@dataclass(frozen=True)
class Draft:
    """What a school wrote. ``answers`` by the key of the question; ``revision`` is what the page showed."""

    title: str
    purpose: str
    costs: tuple[Cost, ...]
    answers: Mapping[int, str]
    revision: int

    @property
    def total_won(self) -> int:
        return sum(cost.amount_won for cost in self.costs)


def start(call: GrantCall, school: School, *, by: User) -> GrantApplication:
    """An empty draft, or the one that the school has.

    Raises:
        NotNow: the call is not open, or ``by`` does not look after the school.
    """
    if not school.is_local or not schools_of(by).filter(pk=school.pk).exists():
        raise NotNow(_("담당자로 확인된 관내 학교만 신청할 수 있습니다. 내 정보에서 소속을 등록해 주세요."))
    if not call.is_open:
        raise NotNow(_("지금은 접수 기간이 아닙니다."))
    standing = GrantApplication.objects.filter(call=call, school=school)
    standing = standing.exclude(state__in=[State.WITHDRAWN, State.CANCELLED])
    with contended(_busy(), NotNow), transaction.atomic():
        lock(GrantCall.objects.all(), call.pk)
        return standing.first() or GrantApplication.objects.create(call=call, school=school, written_by=by)


def save(application: GrantApplication, draft: Draft, *, by: User) -> GrantApplication:
    """Keep what was written, complete or not.

    Raises:
        NotNow: it cannot be changed any more, or a colleague has saved since the page was opened.
    """
    with held(application) as found:
        _put(found, draft, by, timezone.now())
    return found


def submit(application: GrantApplication, draft: Draft, *, by: User) -> GrantApplication:
    """Send it, or send it again after a correction. The deadline counts when the lock is held.

    Raises:
        Incomplete: something that the call asks for is missing, or more is asked for than the ceiling.
        NotNow: as ``save``
    """
    with held(application) as found:
        now = timezone.now()
        _put(found, draft, by, now)
        if missing := list(_missing(found, draft)):
            raise Incomplete(missing)
        number = found.number or _next_number(found.call)
        found.move(State.SUBMITTED, by=by, number=number, submitted_at=found.submitted_at or now, correction_until=None)
        say.submitted(found)
    return found


def withdraw(application: GrantApplication, *, by: User, reason: str = "") -> GrantApplication:
    """Give it up before the decision. Twice is once."""
    with held(application) as found:
        if found.state == State.WITHDRAWN:
            return found
        if State.WITHDRAWN not in GrantApplication.MOVES[found.state]:
            raise NotNow(_("결정된 신청은 철회할 수 없습니다. 센터로 문의해 주세요."))
        found.move(State.WITHDRAWN, by=by, reason=reason)
    return found


def ask_correction(application: GrantApplication, *, what: str, until: datetime, by: User) -> GrantApplication:
    """Send it back with what is to be mended and until when; asked again, the new words and deadline hold.

    Raises:
        NotNow: it is not with the centre, nothing is said, or the deadline lies behind.
    """
    if not what.strip():
        raise NotNow("무엇을 보완할지 적어 주세요. 학교가 읽습니다.")
    with held(application) as found:
        if until <= timezone.now():
            raise NotNow("보완 기한은 지금보다 뒤로 정해 주세요.")
        if State.CORRECTION not in GrantApplication.MOVES[found.state]:
            raise NotNow(f"‘{found.get_state_display()}’ 상태에서는 보완을 요청할 수 없습니다.")
        found.move(State.CORRECTION, by=by, reason=what.strip(), correction=what.strip(), correction_until=until)
        say.correction(found)
    return found


@contextmanager
def held(application: GrantApplication) -> Iterator[GrantApplication]:
    """A transaction that holds the call, then the application, as they are now."""
    with contended(_busy(), NotNow), transaction.atomic():
        call = lock(GrantCall.objects.select_related("line__year", "line__project"), application.call_id)
        found = lock(GrantApplication.objects.select_related("school", "commitment"), application.pk)
        found.call = call
        yield found


def _put(found: GrantApplication, draft: Draft, by: User, now: datetime) -> None:
    if not found.may_be_edited_at(now):
        raise NotNow(_closed(found))
    if draft.revision != found.revision:
        raise NotNow(_("다른 담당자가 먼저 저장했습니다. 새로 연 화면에서 확인하고 다시 적어 주세요."))
    allowed = set(found.call.accounts.values_list("pk", flat=True))
    if any(cost.account.pk not in allowed or cost.amount_won <= 0 for cost in draft.costs):
        raise NotNow(_("이 공고에서 쓸 수 없는 항목이나 금액이 있습니다."))
    questions = set(found.call.questions.values_list("pk", flat=True))
    found.title, found.purpose = draft.title.strip(), draft.purpose.strip()
    found.answers = {str(key): text.strip()[:LONGEST_ANSWER] for key, text in draft.answers.items() if key in questions}
    found.asked_won, found.written_by = draft.total_won, by
    found.revision += 1
    found.save(update_fields=["title", "purpose", "answers", "asked_won", "written_by", "revision"])
    found.lines.all().delete()
    GrantLine.objects.bulk_create(
        GrantLine(application=found, account=cost.account, amount_won=cost.amount_won, basis=cost.basis.strip())
        for cost in draft.costs
    )


def _missing(found: GrantApplication, draft: Draft) -> Iterator[str]:
    if not draft.title.strip():
        yield _("사업 이름을 적어 주세요.")
    if not draft.purpose.strip():
        yield _("사업 목적과 내용을 적어 주세요.")
    if not draft.costs:
        yield _("예산 항목을 한 가지 이상 적어 주세요.")
    if any(not cost.basis.strip() for cost in draft.costs):
        yield _("금액을 적은 항목마다 산출 근거를 적어 주세요.")
    if draft.total_won > found.call.ceiling_won:
        yield _("신청액 %(asked)s원이 학교당 한도 %(most)s원을 넘습니다.") % {
            "asked": f"{draft.total_won:,}",
            "most": f"{found.call.ceiling_won:,}",
        }
    for question in found.call.questions.filter(required=True):
        if not draft.answers.get(question.pk, "").strip():
            yield _("‘%(question)s’에 답해 주세요.") % {"question": question.text}
    sent = set(found.files.values_list("paper", flat=True))
    for paper in found.call.papers.filter(required=True):
        if paper.pk not in sent:
            yield _("‘%(paper)s’ 파일을 올려 주세요.") % {"paper": paper.name}


def _next_number(call: GrantCall) -> int:
    call.last_number += 1
    call.save(update_fields=["last_number"])
    return call.last_number


def _closed(found: GrantApplication) -> str:
    if found.state == State.CORRECTION:
        return _("보완 기한(%(until)s)이 지났습니다. 센터로 문의해 주세요.") % {
            "until": kdatetime(found.correction_until)
        }
    if found.state == State.DRAFT:
        return _("접수가 %(until)s에 마감되어 저장하거나 제출할 수 없습니다.") % {
            "until": kdatetime(found.call.closes_at)
        }
    return _("이미 제출한 신청이라 고칠 수 없습니다.")


def _busy() -> str:
    return _("다른 사람이 이 신청을 처리하고 있습니다. 잠시 뒤에 다시 시도해 주세요.")
